using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Repair.Checks;

/// <summary>
/// Chunks against files. A file whose chunks are wrong is indexed again as a whole: its hash is taken away, so that no content equals
/// it, and the watcher is asked to look.
/// </summary>
internal static class ChunkChecks
{
    /// <summary>Each slice's findings.</summary>
    public static IEnumerable<IReadOnlyList<Finding>> Find(DbConnection reading)
    {
        var orphans = (long)reading.Scalar("SELECT count(*) FROM chunks WHERE file_id NOT IN (SELECT id FROM files)")!;
        if (orphans > 0)
        {
            yield return [new("chunks", $"{orphans} chunks belong to no file", [new("DELETE FROM chunks WHERE file_id NOT IN (SELECT id FROM files)", [])])];
        }

        foreach (var (after, upTo) in Slices.Of(reading, "files"))
        {
            // A file of spaces has no chunk either.
            yield return [.. reading.Rows(
                "SELECT id, root, path FROM files f WHERE id > $1 AND id <= $2 AND size > 0 AND hash <> '' AND NOT EXISTS (SELECT 1 FROM chunks c WHERE c.file_id = f.id)",
                row => (Id: row.GetInt64(0), Root: row.GetString(1), Path: row.GetString(2)),
                after,
                upTo).Where(row => HasText(Path.Combine(row.Root, row.Path))).Select(row => Again(row.Id, row.Root, row.Path, "has lost its chunks"))];
        }

        foreach (var (after, upTo) in Slices.Of(reading, "chunks"))
        {
            var wrong = reading.Rows(
                "SELECT f.id, f.root, f.path, c.text, c.hash FROM chunks c JOIN files f ON f.id = c.file_id WHERE c.id > $1 AND c.id <= $2 AND f.hash <> ''",
                row => (Id: row.GetInt64(0), Root: row.GetString(1), Path: row.GetString(2), Wrong: row.GetString(4) != Hash(row.GetString(3))),
                after,
                upTo).Where(row => row.Wrong).DistinctBy(row => row.Id);
            yield return [.. wrong.Select(row => Again(row.Id, row.Root, row.Path, "has a chunk whose text is not what was stored"))];
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static Finding Again(long id, string root, string path, string what) =>
        new("chunks", $"'{path}' in '{root}' {what}", [new("UPDATE files SET hash = '', modified = 0 WHERE id = $1", [id]), FileChecks.Doubt(root, path)]);

    private static bool HasText(string path)
    {
        try
        {
            // A link or a FIFO is never indexed, and not to be opened.
            return new FileInfo(path) is { Exists: true, LinkTarget: null, Length: > 0 } && File.ReadLines(path).Any(line => !string.IsNullOrWhiteSpace(line));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // Unreadable: the watcher's business.
        }
    }
}
