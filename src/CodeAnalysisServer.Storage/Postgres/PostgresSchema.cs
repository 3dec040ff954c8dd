using System.Data.Common;
using System.Globalization;
using Npgsql;

namespace CodeAnalysisServer.Storage.Postgres;

/// <summary>Makes the index in a database, and decides whether it may be used.</summary>
internal static class PostgresSchema
{
    /// <summary>The oldest server that has all that the tables use.</summary>
    public const int OldestServer = 13;

    private const string Key = "hashtextextended('code-analysis-server ' || current_schema(), 0)";
    private const string Owner = $"""
        SELECT a.application_name || ', session ' || a.pid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND ((CAST(l.classid AS bigint) << 32) | CAST(l.objid AS bigint)) = {Key}
        """;

    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(50);

    /// <summary>Brings it to this program's version, with its lock held by the connection.</summary>
    /// <exception cref="InvalidOperationException">It cannot be used.</exception>
    public static void Prepare(NpgsqlConnection connection, PostgresDatabase database, Action<string> told, TimeSpan patience)
    {
        Check(connection, database);
        MakeSchema(connection, database);
        Own(connection, database, patience);
        var version = KnownVersion(connection, database);
        if (version < Schema.Version)
        {
            Make(connection, database, version, told);
        }

        AddedRoots.Restore(connection, database.DataDirectory);
    }

    /// <summary>Refuses what <see cref="Prepare"/> would, and changes nothing.</summary>
    /// <exception cref="InvalidOperationException">It cannot be used.</exception>
    public static void CheckFree(NpgsqlConnection connection, PostgresDatabase database, TimeSpan patience)
    {
        Check(connection, database);
        _ = KnownVersion(connection, database);
        var since = TimeProvider.System.GetTimestamp();
        while (OwnerOf(connection) is { } owner)
        {
            if (TimeProvider.System.GetElapsedTime(since) > patience)
            {
                throw Owned(database, owner);
            }

            connection.Scalar("SELECT pg_sleep($1)", Again.TotalSeconds);
        }
    }

    private static int KnownVersion(NpgsqlConnection connection, PostgresDatabase database)
    {
        var version = connection.Scalar("SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_version'") is null ? 0 : PostgresDialect.Instance.VersionOf(connection);
        return version <= Schema.Version ? version
            : throw new InvalidOperationException($"the index in {database.Place} has version {version}, this program knows {Schema.Version}; use the newer program, or another schema with Search Path in the connection string");
    }

    private static InvalidOperationException Owned(PostgresDatabase database, string owner) =>
        new($"another server owns the index in {database.Place}: {owner}; stop it, or choose another schema with Search Path in the connection string");

    private static string? OwnerOf(DbConnection connection) => connection.Scalar(Owner) as string;

    private static void Check(NpgsqlConnection connection, PostgresDatabase database)
    {
        if (connection.PostgreSqlVersion.Major < OldestServer)
        {
            throw new InvalidOperationException($"{database.Place} is version {connection.PostgreSqlVersion}; {OldestServer} is the oldest that holds an index");
        }

        if (connection.Scalar("SHOW server_encoding") is string encoding and not "UTF8")
        {
            throw new InvalidOperationException($"{database.Place} keeps texts as {encoding}, which cannot hold every text; create a database for the index: createdb --encoding=UTF8 --template=template0 NAME");
        }
    }

    // CREATE SCHEMA IF NOT EXISTS asks for the right even where there is one.
    private static void MakeSchema(NpgsqlConnection connection, PostgresDatabase database)
    {
        var name = database.Names.Schema;
        try
        {
            if (connection.Scalar("SELECT 1 FROM pg_namespace WHERE nspname = $1", name) is null)
            {
                connection.Run($"CREATE SCHEMA \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
            }
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new InvalidOperationException(PostgresErrors.Told(exception, database), exception);
        }
    }

    private static void Own(NpgsqlConnection connection, PostgresDatabase database, TimeSpan patience)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (connection.Scalar($"SELECT pg_try_advisory_lock({Key})") is not true)
        {
            if (TimeProvider.System.GetElapsedTime(since) > patience)
            {
                throw Owned(database, OwnerOf(connection) ?? "it has just gone");
            }

            // pg_advisory_lock would wait without a word, and cannot be told why.
            connection.Scalar("SELECT pg_sleep($1)", Again.TotalSeconds);
        }
    }

    private static void Make(NpgsqlConnection connection, PostgresDatabase database, int from, Action<string> told)
    {
        if (from > 0)
        {
            AddedRoots.RememberFrom(connection, database.DataDirectory);
        }

        try
        {
            using var transaction = connection.BeginTransaction();
            foreach (var table in PostgresTables.Tables)
            {
                connection.Run($"DROP TABLE IF EXISTS {table} CASCADE");
            }

            connection.Run(PostgresTables.Sql);
            connection.Run("INSERT INTO schema_version (version) VALUES ($1)", (long)Schema.Version);
            connection.Run("INSERT INTO schema_history (version, from_version, at, how) VALUES ($1, $2, $3, $4)", (long)Schema.Version, (long)from, DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture), from == 0 ? "made" : "built again");
            transaction.Commit();
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new InvalidOperationException(PostgresErrors.Told(exception, database), exception);
        }

        if (from > 0)
        {
            told($"the index of version {from} in {database.Place} cannot be carried over to version {Schema.Version}; it is built again from the trees");
        }
    }
}
