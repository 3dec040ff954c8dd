using System.Globalization;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Storage;

/// <summary>Copies of the database in the data directory's <c>backups</c>, the last few of them.</summary>
public static class Backups
{
    /// <summary>How many are kept.</summary>
    public const int Kept = 3;

    /// <summary>Where they are.</summary>
    public static string DirectoryIn(string dataDirectory) => Path.Combine(dataDirectory, "backups");

    /// <summary>Removes what a killed process did not finish. For the owner of the database, before it makes any.</summary>
    internal static void RemoveUnfinished(string dataDirectory)
    {
        var directory = DirectoryIn(dataDirectory);
        foreach (var unfinished in Directory.Exists(directory) ? Directory.GetFiles(directory, "index-v*.partial*") : [])
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>Makes one as of now, whole or not at all, without holding up the writer; removes the oldest above <see cref="Kept"/>. Its path.</summary>
    /// <exception cref="SqliteException">It cannot be made, as when the disk is full; nothing is left of it.</exception>
    public static string Make(SqliteConnection reading, string dataDirectory, DateTimeOffset now)
    {
        var directory = DirectoryIn(dataDirectory);
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var path = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"index-v{reading.Scalar("PRAGMA user_version")}-{now.UtcDateTime:yyyyMMdd'T'HHmmss'.'fff}.db"));
        var partial = path + ".partial";
        File.Delete(partial);
        try
        {
            reading.Run("VACUUM INTO $1", partial);
            File.Move(partial, path);
        }
        finally
        {
            File.Delete(partial);
        }

        // Never the one just made, though the clock may have been set back since the others were.
        foreach (var old in Directory.GetFiles(directory, "index-v*.db").Where(file => file != path).OrderByDescending(File.GetLastWriteTimeUtc).ThenByDescending(name => name, StringComparer.Ordinal).Skip(Kept - 1))
        {
            File.Delete(old);
        }

        return path;
    }
}
