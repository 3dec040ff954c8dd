using System.Threading.Channels;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>
/// The one writer. Each request is a transaction of its own (a savepoint) inside a group that is committed together; answers go
/// out after the commit, so that what was acknowledged is on disk. A group that fails as a whole is written again one by one: a
/// request answers for itself alone. What a failure of the disk leaves is unknown: then everybody is told and the writer ends,
/// and the process with it; the manager starts it anew.
/// </summary>
internal sealed class QueueWriter : IDisposable
{
    private const int MaximumGroup = 256;

    // From this size on the log is written back and cut, waiting for readers a moment; below SQLite does it in passing.
    private const long LongLog = 32 * 1024 * 1024;

    private readonly SqliteConnection _database;
    private readonly PreparedStatements _statements;
    private readonly Action _committed;
    private readonly Action<string> _told;
    private long _logLimit = LongLog;
    private bool _forClient;

    public QueueWriter(SqliteConnection database, Action committed, Action<string> told)
    {
        (_database, _committed, _told) = (database, committed, told);
        _statements = new(database);
        raw.sqlite3_set_authorizer(database.Handle, (strdelegate_authorizer)Authorize, null);
        _database.Run("PRAGMA busy_timeout = 250");
    }

    /// <summary>Writes until the requests end.</summary>
    /// <exception cref="SqliteException">The database cannot be written any more; every request was answered with it.</exception>
    public async Task RunAsync(Channel<PendingRequest> requests, Func<Task, Task> alive)
    {
        try
        {
            while (true)
            {
                var more = requests.Reader.WaitToReadAsync().AsTask();
                await alive(more).ConfigureAwait(false);
                if (!await more.ConfigureAwait(false))
                {
                    return;
                }

                var group = new List<PendingRequest>();
                while (group.Count < MaximumGroup && requests.Reader.TryRead(out var next))
                {
                    group.Add(next);
                }

                Write(group);
                CutLog();
            }
        }
        catch (SqliteException exception)
        {
            requests.Writer.TryComplete(exception);
            while (requests.Reader.TryRead(out var waiting))
            {
                Refuse(waiting, exception);
            }

            throw;
        }
    }

    public void Dispose() => _statements.Dispose();

    private void Write(List<PendingRequest> group)
    {
        var replies = new List<QueueReply>(group.Count);
        try
        {
            _database.Run("BEGIN IMMEDIATE");
            foreach (var request in group)
            {
                replies.Add(Execute(request));
            }

            _database.Run("COMMIT");
        }
        catch (SqliteException exception)
        {
            RollBack();
            if (!IsFatal(exception) && group.Count > 1)
            {
                group.ForEach(request => Write([request]));
                return;
            }

            group.ForEach(request => Refuse(request, exception));
            if (IsFatal(exception))
            {
                throw;
            }

            _told($"a transaction was refused: {exception.Message}");
            return;
        }

        for (var i = 0; i < group.Count; i++)
        {
            group[i].Client.Answer(replies[i]);
        }

        _committed();
    }

    private QueueReply Execute(PendingRequest request)
    {
        _database.Run("SAVEPOINT request");
        try
        {
            var changed = new List<int>();
            var ids = new List<long>();
            _forClient = true;
            foreach (var statement in request.Statements)
            {
                changed.Add(_statements.Run(statement.Sql, statement.Arguments));
                ids.Add(raw.sqlite3_last_insert_rowid(_database.Handle));
            }

            _forClient = false;
            _database.Run("RELEASE request");
            return new(request.Id, null, changed, ids);
        }
        catch (Exception exception) when (exception is SqliteException or InvalidOperationException)
        {
            _forClient = false;
            // Else SQLite itself gave the whole transaction up (disk full, I/O error): the others in the group are lost with it.
            if (InTransaction && !IsFatal(exception))
            {
                _database.Run("ROLLBACK TO request; RELEASE request");
                return new(request.Id, exception.Message);
            }

            throw;
        }
    }

    private bool InTransaction => raw.sqlite3_get_autocommit(_database.Handle) == 0;

    private void RollBack()
    {
        if (InTransaction)
        {
            _database.Run("ROLLBACK");
        }
    }

    private static void Refuse(PendingRequest request, SqliteException exception) => request.Client.Answer(new(request.Id, $"{exception.Message}; nothing was done"));

    // The file itself cannot be trusted or reached. Everything else (full, busy, out of memory, a wrong statement) leaves it whole, and
    // a later try may succeed; a damaged full-text index is for the repair worker.
    private static bool IsFatal(Exception exception) =>
        exception is SqliteException { SqliteErrorCode: raw.SQLITE_IOERR or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN, SqliteExtendedErrorCode: not raw.SQLITE_CORRUPT_VTAB };

    // Clients send what belongs into a transaction; the transaction itself and the connection's settings are the queue's.
    private int Authorize(object userData, int action, string first, string second, string database, string trigger) =>
        _forClient && (action is raw.SQLITE_TRANSACTION or raw.SQLITE_SAVEPOINT or raw.SQLITE_ATTACH or raw.SQLITE_DETACH
            || (action == raw.SQLITE_PRAGMA && !string.Equals(first, "data_version", StringComparison.OrdinalIgnoreCase)))
            ? raw.SQLITE_DENY : raw.SQLITE_OK;

    private void CutLog()
    {
        var log = new FileInfo(_database.DataSource + "-wal");
        if (!log.Exists || log.Length < _logLimit)
        {
            return;
        }

        _database.Run("PRAGMA wal_checkpoint(TRUNCATE)");
        log.Refresh();
        // A reader was in the way: not again until it has grown as much once more.
        _logLimit = Math.Max(LongLog, (log.Exists ? log.Length : 0) + LongLog);
    }
}
