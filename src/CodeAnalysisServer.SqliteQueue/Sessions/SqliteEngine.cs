using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.SqliteQueue.Sessions;

/// <summary>SQLite in this process, with its log written back beside the writer.</summary>
internal sealed class SqliteEngine : Engine
{
    private readonly SqliteConnection _connection;
    private readonly Checkpointer _checkpointer;

    /// <summary>Over the connection that <see cref="Schema.OpenForWriting"/> made, which stays its maker's.</summary>
    public SqliteEngine(string dataDirectory, SqliteConnection connection, Action<string> told)
        : base(IndexDatabase.Embedded(dataDirectory))
    {
        _connection = connection;
        Writer = new SqliteSession(connection, owns: false);
        connection.Run("PRAGMA busy_timeout = 250; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 8388608");
        _checkpointer = new(Schema.PathIn(dataDirectory), told);
    }

    public override Session Writer { get; }

    public override IReadOnlyList<(string Type, string Sql, string Done)> Chores { get; } =
    [
        ("checkpoint", "PRAGMA wal_checkpoint(TRUNCATE)", "the log is written back"),
        ("optimize", "ANALYZE; INSERT INTO chunk_text (chunk_text) VALUES ('optimize')", "statistics and full text are optimized"),
        ("rebuild_fulltext", "INSERT INTO chunk_text (chunk_text) VALUES ('rebuild')", "the full-text index is rebuilt from the rows"),
        ("vacuum", "VACUUM", "the database is rewritten without gaps"),
    ];

    public override Session OpenReader() => new SqliteSession((SqliteConnection)Open(), owns: true);

    public override void Written() => _checkpointer.Written(_connection);

    public override Task BackupAsync(JobContext job)
    {
        using var reading = (SqliteConnection)Open();
        using var stop = job.Stopping.Register(() => SQLitePCL.raw.sqlite3_interrupt(reading.Handle));
        try
        {
            job.Log($"backed up as '{Backups.Make(reading, Database.DataDirectory, DateTimeOffset.UtcNow)}'");
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == SQLitePCL.raw.SQLITE_INTERRUPT && job.Stopping.IsCancellationRequested)
        {
            throw new OperationCanceledException(job.Stopping);
        }

        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        await _checkpointer.DisposeAsync().ConfigureAwait(false);
        Writer.Dispose();
        if (!Failed)
        {
            _connection.Run("PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }
}
