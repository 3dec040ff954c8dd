using System.Data.Common;
using System.Text.Json;

namespace CodeAnalysisServer.Storage;

/// <summary>
/// The roots that were added at run time, also in a small file beside the database: everything else in the index can be built from the trees, but
/// which trees only somebody knows. Written before an addition or removal is acknowledged; read whenever the queue opens the database.
/// </summary>
public static class AddedRoots
{
    /// <summary>Adds the root <c>$1</c> to the table; changes no row where it is added already.</summary>
    public const string Add = "INSERT INTO projects (root, added) VALUES ($1, 1) ON CONFLICT (root) DO UPDATE SET added = 1 WHERE projects.added = 0";

    private const string OfTheTable = "SELECT root FROM projects WHERE added = 1 ORDER BY root";

    private static readonly Lock OneAtATime = new();

    /// <summary>Where they are.</summary>
    public static string PathIn(string dataDirectory) => Path.Combine(dataDirectory, "added-roots.json");

    /// <summary>Writes those of the table. For the server, the only one that changes them; thread-safe.</summary>
    /// <exception cref="IOException">It cannot be written; the file is as it was.</exception>
    public static void Keep(DbConnection reading, string dataDirectory)
    {
        // Read within: the later one has seen more.
        lock (OneAtATime)
        {
            Write(dataDirectory, ".new", reading.Rows(OfTheTable, row => row.GetString(0)));
        }
    }

    /// <summary>For a database that is older than the file: what it has, before its tables go.</summary>
    internal static void RememberFrom(DbConnection old, string dataDirectory)
    {
        try
        {
            if (!File.Exists(PathIn(dataDirectory)) && old.Rows(OfTheTable, row => row.GetString(0)) is { Count: > 0 } roots)
            {
                Write(dataDirectory, ".old", roots);
            }
        }
        catch (DbException)
        {
            // A version without such a table: nothing could be added.
        }
    }

    /// <summary>The same for a damaged one, as far as it can be read.</summary>
    internal static void RememberFromDamaged(string dataDirectory)
    {
        try
        {
            using var damaged = Schema.TryOpenForReading(dataDirectory);
            if (damaged is not null)
            {
                RememberFrom(damaged, dataDirectory);
            }
        }
        catch (DbException)
        {
            // Not even its head is whole.
        }
    }

    /// <summary>Puts those of the file into the table. One that is there already stays as it is.</summary>
    internal static void Restore(DbConnection database, string dataDirectory)
    {
        foreach (var root in Read(dataDirectory))
        {
            database.Run(Add, root);
        }
    }

    private static string[] Read(string dataDirectory)
    {
        var path = PathIn(dataDirectory);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(path)) ?? [] : [];
        }
        catch (JsonException)
        {
            // Nobody's but a hand's doing: it is replaced whole.
            return [];
        }
    }

    private static void Write(string dataDirectory, string suffix, IReadOnlyList<string> roots)
    {
        var path = PathIn(dataDirectory);
        using (var file = new FileStream(path + suffix, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(roots));
            file.Flush(flushToDisk: true);
        }

        File.Move(path + suffix, path, overwrite: true);
    }
}
