using System.Data.Common;
using CodeAnalysisServer.Storage.Postgres;
using CodeAnalysisServer.Storage.Sqlite;

namespace CodeAnalysisServer.Storage;

/// <summary>
/// Where the index is kept. Whatever it is, only the queue's process writes it, and everybody else reads through connections of their own; the
/// data directory has what is not in it: the queue's socket and jobs, the matrix of vectors, the roots that were added. Immutable, thread-safe.
/// </summary>
public abstract class IndexDatabase(string dataDirectory)
{
    /// <summary>The data directory.</summary>
    public string DataDirectory => dataDirectory;

    /// <summary>Where it is, as told to people; never holds a password.</summary>
    public abstract string Place { get; }

    /// <summary>Opens it for reading; null until the queue has made it. It may be of another version: <see cref="Dialect.VersionOf"/>.</summary>
    /// <exception cref="DbException">It cannot be reached or read now.</exception>
    public abstract DbConnection? TryOpenForReading();

    /// <summary>Opens it for reading; null until the queue has made it, in this program's version.</summary>
    /// <exception cref="DbException">It cannot be reached or read now.</exception>
    public DbConnection? TryOpenReady()
    {
        var connection = TryOpenForReading();
        try
        {
            if (connection is null || Dialect.Of(connection).VersionOf(connection) == Schema.Version)
            {
                return connection;
            }
        }
        catch
        {
            connection?.Dispose();
            throw;
        }

        connection.Dispose();
        return null;
    }

    /// <summary>In PostgreSQL where there is a connection string, else embedded.</summary>
    /// <exception cref="FormatException">The connection string is none.</exception>
    public static IndexDatabase Of(string dataDirectory, string? connectionString) =>
        string.IsNullOrWhiteSpace(connectionString) ? Embedded(dataDirectory) : new PostgresDatabase(dataDirectory, connectionString);

    /// <summary>SQLite, in a file of the data directory.</summary>
    public static IndexDatabase Embedded(string dataDirectory) => new SqliteDatabase(dataDirectory);
}
