using System.Threading.Channels;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CodeAnalysisServer.SqliteQueue.Sessions;

/// <summary>
/// Writes the log back into the database beside the writer, on a connection of its own: a passive checkpoint waits for nobody and
/// nobody waits for it. Only the cut of a long log needs the writer, between two groups and only when nearly all is written back, and it is
/// not done when a reader is in the way: then again after as much growth. Of a log that became very long all the same the writer waits for the
/// readers that are under way, a quarter of a second at most.
/// </summary>
internal sealed class Checkpointer : IAsyncDisposable
{
    // Half of what is a long log: by then the work is well under way. A page of an index changes again and again while much is written; in a
    // log of this length most of its versions are passed over.
    private const long Step = 64 * 1024 * 1024, LongLog = 128 * 1024 * 1024;

    private const long VeryLongLog = 4 * LongLog;

    private const int Patience = 250;

    // Pages that the cut may have to write back itself.
    private const int FewPages = 2000;

    private readonly SqliteConnection _connection;
    private readonly Channel<bool> _due = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly FileInfo _log;
    private readonly Task _working;
    private long _next = Step;
    private long _cutAt = LongLog;
    private volatile bool _nearlyDone;

    public Checkpointer(string path, Action<string> told)
    {
        _log = new(path + "-wal");
        _connection = new(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _connection.Open();
        _connection.Run("PRAGMA wal_autocheckpoint = 0; PRAGMA busy_timeout = 0");
        _working = Task.Run(() => WorkAsync(told));
    }

    /// <summary>After each group, by the writer: looks at the log's length.</summary>
    public void Written(SqliteConnection writer)
    {
        _log.Refresh();
        var length = _log.Exists ? _log.Length : 0;
        if (length < Step)
        {
            _next = Step;
            _cutAt = LongLog;
            return;
        }

        if (length >= _next)
        {
            _next = length + Step / 2;
            _due.Writer.TryWrite(true);
        }

        if (length >= _cutAt && _nearlyDone)
        {
            _nearlyDone = false;
            Cut(writer, length);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _due.Writer.TryComplete();
        await _working.ConfigureAwait(false);
        _connection.Dispose();
    }

    private async Task WorkAsync(Action<string> told)
    {
        while (await _due.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            _due.Reader.TryRead(out _);
            var answer = raw.sqlite3_wal_checkpoint_v2(_connection.Handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out var logged, out var written);
            if (answer is raw.SQLITE_OK)
            {
                _nearlyDone = logged - written < FewPages;
            }
            else if (answer is not raw.SQLITE_BUSY)
            {
                // The writer meets the same disk, and decides.
                told($"the log could not be written back now: {raw.sqlite3_errmsg(_connection.Handle).utf8_to_string()}");
            }
        }
    }

    private void Cut(SqliteConnection writer, long length)
    {
        // With readers that come and go all the time, on a machine that lets them wait in the middle, there may never be a moment without one.
        raw.sqlite3_busy_timeout(writer.Handle, length < VeryLongLog ? 0 : Patience);
        _ = raw.sqlite3_wal_checkpoint_v2(writer.Handle, "main", raw.SQLITE_CHECKPOINT_TRUNCATE, out _, out _);
        raw.sqlite3_busy_timeout(writer.Handle, Patience);
        _log.Refresh();
        _cutAt = Math.Max(LongLog, (_log.Exists ? _log.Length : 0) + Step);
        _next = _log.Exists && _log.Length > Step ? length + Step / 2 : Step;
    }
}
