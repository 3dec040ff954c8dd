using CodeAnalysisServer.Storage.Tables;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Storage;

/// <summary>The database's shape and its version. Only the queue's process writes; everybody else opens it read-only.</summary>
public static class Schema
{
    /// <summary>The version that this build reads and writes (PRAGMA user_version).</summary>
    public const int Version = 3;

    /// <summary>Makes every table of this version.</summary>
    internal const string Create = FileTables.Sql + EntityTables.Sql + ChunkTables.Sql + VectorTables.Sql + ProjectTables.Sql + HistoryTables.Sql;

    /// <summary>Where the database is in a data directory.</summary>
    public static string PathIn(string dataDirectory) => Path.Combine(dataDirectory, "index.db");

    /// <summary>Opens it for writing and brings it to this version. A damaged database is set aside: it can be rebuilt from the trees.</summary>
    /// <exception cref="InvalidOperationException">It is of a newer version, or there is no room for a backup before a change of version.</exception>
    public static SqliteConnection OpenForWriting(string dataDirectory, Action<string> told)
    {
        var path = PathIn(dataDirectory);
        Backups.RemoveUnfinished(dataDirectory);
        try
        {
            return Prepare(dataDirectory, path, told);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is 11 or 26)
        {
            AddedRoots.RememberFromDamaged(dataDirectory);
            var aside = $"{path}.damaged";
            foreach (var suffix in (ReadOnlySpan<string>)["", "-wal", "-shm"])
            {
                File.Delete(aside + suffix);
                if (File.Exists(path + suffix))
                {
                    File.Move(path + suffix, aside + suffix);
                }
            }

            told($"the index was damaged ({exception.Message}); it is set aside as '{aside}' and rebuilt");
            return Prepare(dataDirectory, path, told);
        }
    }

    /// <summary>Opens it for reading; null until the queue has made it.</summary>
    public static SqliteConnection? TryOpenForReading(string dataDirectory)
    {
        var path = PathIn(dataDirectory);
        if (!File.Exists(path))
        {
            return null;
        }

        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static SqliteConnection Prepare(string dataDirectory, string path, Action<string> told)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            connection.Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; PRAGMA cache_size = -32768;");
            var version = Convert.ToInt32(connection.Scalar("PRAGMA user_version"), System.Globalization.CultureInfo.InvariantCulture);
            if (version > Version)
            {
                throw new InvalidOperationException($"the index '{path}' has version {version}, this program knows {Version}; use the newer program, or another --data directory");
            }

            if (connection.Scalar("PRAGMA quick_check") is not "ok")
            {
                throw new SqliteException("quick_check found damage", 11);
            }

            if (version == 0)
            {
                using var transaction = connection.BeginTransaction();
                connection.Run(Create + $"PRAGMA user_version = {Version}");
                transaction.Commit();
            }
            else if (version < Version || Migrations.Difference(connection, Create) is not null)
            {
                AddedRoots.RememberFrom(connection, dataDirectory);
                told(Migrations.Run(connection, dataDirectory, version, Migrations.All, Create, Version));
            }

            AddedRoots.Restore(connection, dataDirectory);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
