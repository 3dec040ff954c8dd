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
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromSeconds(30);

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

    /// <summary>Opens it for reading as soon as its server is there; tells meanwhile why not.</summary>
    /// <exception cref="IOException">The queue has not made it.</exception>
    public async Task<DbConnection> OpenPatientlyAsync(Action<string> status, Func<Task, Task> alive, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(status);
        ArgumentNullException.ThrowIfNull(alive);
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return TryOpenForReading() ?? throw new IOException("the index does not exist yet");
            }
            catch (DbException exception) when (IsAway(exception))
            {
                status($"waits: {Told(exception)}; next try in {pause.TotalSeconds:0.#} s");
                await alive(Task.Delay(pause, cancellationToken)).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Whether it is a matter of its server, which may be there again later. A file is always there.</summary>
    public virtual bool IsAway(Exception exception) => false;

    /// <summary>What it throws, in words for people, without a secret.</summary>
    public virtual string Told(Exception exception) => exception?.Message ?? "";

    /// <summary>What it is and how large, through a connection of the caller's.</summary>
    public abstract IndexState Describe(DbConnection reading);

    /// <summary>In PostgreSQL where there is a connection string, else embedded.</summary>
    /// <exception cref="FormatException">The connection string is none.</exception>
    public static IndexDatabase Of(string dataDirectory, string? connectionString) =>
        string.IsNullOrWhiteSpace(connectionString) ? Embedded(dataDirectory) : new PostgresDatabase(dataDirectory, connectionString);

    /// <summary>SQLite, in a file of the data directory.</summary>
    public static IndexDatabase Embedded(string dataDirectory) => new SqliteDatabase(dataDirectory);
}

/// <summary>A database: which one, its size and that of its log in bytes (0 where that is not the index's own), and how its vectors are searched.</summary>
public sealed record IndexState(string Database, long SizeBytes, long LogBytes, string Vectors);
