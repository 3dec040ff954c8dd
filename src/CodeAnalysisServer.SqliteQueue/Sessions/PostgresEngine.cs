using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Postgres;
using Npgsql;

namespace CodeAnalysisServer.SqliteQueue.Sessions;

/// <summary>PostgreSQL, elsewhere: it writes its log back, keeps room and checks its pages by itself.</summary>
internal sealed class PostgresEngine : Engine
{
    private readonly PostgresDatabase _database;

    /// <summary>Opens it.</summary>
    /// <exception cref="System.Data.Common.DbException">It cannot be reached now.</exception>
    /// <exception cref="InvalidOperationException">Another server owns the index, or it is of no use here.</exception>
    public PostgresEngine(PostgresDatabase database, Action<string> told, Action<string> status)
        : base(database)
    {
        _database = database;
        var writer = new PostgresWriter(database, told, status);
        writer.Open();
        Writer = writer;
    }

    public override Session Writer { get; }

    public override IReadOnlyList<(string Type, string Sql, string Done)> Chores { get; } =
    [
        ("checkpoint", "SELECT 1", "PostgreSQL writes its log back by itself"),
        ("optimize", $"ANALYZE {Tables}", "statistics are renewed"),
        ("rebuild_fulltext", "REINDEX INDEX chunk_text", "the full-text index is rebuilt from the rows"),
        ("vacuum", $"VACUUM {Tables}", "the room of rows that are gone is free again"),
    ];

    private static string Tables => string.Join(", ", PostgresDatabase.Tables);

    public override Session OpenReader() => new PostgresSession((NpgsqlConnection)Open(), _database);

    public override Task BackupAsync(JobContext job) =>
        throw new InvalidOperationException($"{_database.Place} is backed up by PostgreSQL's own means, such as pg_dump --schema={_database.Namespace}; the index can also be built again from the trees");

    public override ValueTask DisposeAsync()
    {
        Writer.Dispose();
        return ValueTask.CompletedTask;
    }
}
