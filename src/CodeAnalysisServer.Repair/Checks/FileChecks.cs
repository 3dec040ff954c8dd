using System.Data.Common;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Repair.Checks;

/// <summary>
/// Rows of files against the disk. Only the file watcher changes a file's rows, in order with what happens on the disk: it is asked to
/// look. What is doubted already is not found again.
/// </summary>
internal static class FileChecks
{
    /// <summary>Each slice's findings.</summary>
    public static IEnumerable<IReadOnlyList<Finding>> Find(DbConnection reading)
    {
        foreach (var (after, upTo) in Slices.Of(reading, "files"))
        {
            var rows = reading.Rows(
                "SELECT root, path, size, modified FROM files f WHERE id > $1 AND id <= $2 AND NOT EXISTS (SELECT 1 FROM doubts d WHERE d.root = f.root AND d.path = f.path)",
                row => (Root: row.GetString(0), Path: row.GetString(1), Size: row.GetInt64(2), Modified: row.GetInt64(3)),
                after,
                upTo);
            // An absent root proves nothing: it may be unmounted.
            yield return [.. rows.Where(row => Directory.Exists(row.Root)).Select(row => Look(row.Root, row.Path, row.Size, row.Modified)).OfType<Finding>()];
        }
    }

    /// <summary>The statement that asks the watcher to look.</summary>
    public static SqliteQueue.Statement Doubt(string root, string path) => new("INSERT INTO doubts (root, path) VALUES ($1, $2) ON CONFLICT DO NOTHING", [root, path]);

    private static Finding? Look(string root, string path, long size, long modified)
    {
        var file = new FileInfo(Path.Combine(root, path));
        // A time of 0 was too young to prove anything when it was indexed.
        var what = !file.Exists ? $"'{path}' is indexed, but is not in '{root}' any more"
            : file.Length != size ? $"'{path}' in '{root}' has {file.Length} bytes, but was indexed with {size}"
            : modified != 0 && file.LastWriteTimeUtc.Ticks != modified ? $"'{path}' in '{root}' was written after it was indexed"
            : null;
        return what is null ? null : new("files", what, [Doubt(root, path)]);
    }
}
