using System.Data.Common;
using CodeAnalysisServer.SqliteQueue.Sessions;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Postgres;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace CodeAnalysisServer.Tests;

/// <summary>The two databases. A test class of the contract takes one, and has a child for each.</summary>
public enum DatabaseKind
{
    /// <summary>In a file of the data directory.</summary>
    Sqlite,

    /// <summary>In a schema of its own of the tests' PostgreSQL.</summary>
    Postgres,
}

/// <summary>An empty index of either kind, open for writing.</summary>
internal sealed record OpenedDatabase(IndexDatabase Index, Engine Engine, DbConnection Connection, string? ConnectionString) : IDisposable
{
    /// <summary>A directory for it. Where there is no such database the test is skipped before anything is made.</summary>
    public static string DirectoryFor(DatabaseKind kind, string prefix)
    {
        if (kind == DatabaseKind.Postgres)
        {
            PostgresServer.Needed();
        }

        return Directory.CreateTempSubdirectory(prefix).FullName;
    }

    public static async Task<OpenedDatabase> OpenAsync(DatabaseKind kind, string data, Action<string> told)
    {
        if (kind == DatabaseKind.Sqlite)
        {
            var database = Schema.OpenForWriting(data, told);
            return new(IndexDatabase.Embedded(data), new SqliteEngine(data, database, told), database, null);
        }

        var connectionString = await PostgresServer.NewSchemaAsync();
        var postgres = new PostgresDatabase(data, connectionString);
        var engine = new PostgresEngine(postgres, told, told);
        var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        return new(postgres, engine, connection, connectionString);
    }

    /// <summary>For what only SQLite has.</summary>
    public SqliteConnection Sqlite => (SqliteConnection)Connection;

    public void Dispose()
    {
        if (Index is PostgresDatabase postgres)
        {
            // Many schemas, many pools; and what a test leaves open must not outlive it.
            ConnectionExtensions.Run(Connection, $"DROP SCHEMA {postgres.Namespace} CASCADE");
        }

        Connection.Dispose();
    }
}
