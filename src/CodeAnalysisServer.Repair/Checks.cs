using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Repair;

/// <summary>One disagreement: what it is, and the statements that mend it.</summary>
public sealed record Finding(string What, IReadOnlyList<Statement> Mend);

/// <summary>Looks for disagreement between disk, rows, full text and vectors. Changes nothing.</summary>
public static class Checks
{
    /// <summary>Everything that is found now, as the dry run prints it.</summary>
    public static IEnumerable<Finding> Find(SqliteConnection reading)
    {
        // Only the file watcher changes a file's rows, in order with what happens on the disk: it is asked to look.
        foreach (var (root, path, size) in reading.Rows("SELECT root, path, size FROM files", row => (row.GetString(0), row.GetString(1), row.GetInt64(2))))
        {
            // An absent root proves nothing: it may be unmounted.
            var file = new FileInfo(Path.Combine(root, path));
            if (Directory.Exists(root) && (!file.Exists || file.Length != size))
            {
                yield return new(
                    file.Exists ? $"'{path}' in '{root}' has {file.Length} bytes, but was indexed with {size}" : $"'{path}' is indexed, but is not in '{root}' any more",
                    [new("INSERT OR IGNORE INTO doubts (root, path) VALUES ($1, $2)", [root, path])]);
            }
        }

        var orphans = (long)reading.Scalar("SELECT count(*) FROM chunks WHERE file_id NOT IN (SELECT id FROM files)")!;
        if (orphans > 0)
        {
            yield return new($"{orphans} chunks belong to no file", [new("DELETE FROM chunks WHERE file_id NOT IN (SELECT id FROM files)", [])]);
        }

        foreach (var finding in VectorChecks.Find(reading))
        {
            yield return finding;
        }

        var missing = (long)reading.Scalar("SELECT count(*) FROM chunks WHERE id NOT IN (SELECT id FROM chunk_text_docsize)")!;
        var surplus = (long)reading.Scalar("SELECT count(*) FROM chunk_text_docsize WHERE id NOT IN (SELECT id FROM chunks)")!;
        if (missing + surplus > 0)
        {
            yield return new($"the full-text index lacks {missing} chunks and has {surplus} too many", [new("INSERT INTO chunk_text (chunk_text) VALUES ('rebuild')", [])]);
        }
    }
}
