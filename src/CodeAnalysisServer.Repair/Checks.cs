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
        foreach (var (id, root, path) in reading.Rows("SELECT id, root, path FROM files", row => (row.GetInt64(0), row.GetString(1), row.GetString(2))))
        {
            // An absent root proves nothing: it may be unmounted.
            if (Directory.Exists(root) && !File.Exists(Path.Combine(root, path)))
            {
                yield return new($"'{path}' is indexed, but is not in '{root}' any more", [new("DELETE FROM chunks WHERE file_id = $1", [id]), new("DELETE FROM files WHERE id = $1", [id])]);
            }
        }

        var orphans = (long)reading.Scalar("SELECT count(*) FROM chunks WHERE file_id NOT IN (SELECT id FROM files)")!;
        if (orphans > 0)
        {
            yield return new($"{orphans} chunks belong to no file", [new("DELETE FROM chunks WHERE file_id NOT IN (SELECT id FROM files)", [])]);
        }

        var bytes = (long)Embedder.Dimensions * sizeof(float);
        var wrong = (long)reading.Scalar("SELECT count(*) FROM chunks WHERE embedding IS NOT NULL AND length(embedding) <> $1", bytes)!;
        if (wrong > 0)
        {
            yield return new($"{wrong} vectors have another size than {Embedder.Dimensions} numbers", [new("UPDATE chunks SET embedding = NULL WHERE length(embedding) <> $1", [bytes])]);
        }

        var missing = (long)reading.Scalar("SELECT count(*) FROM chunks WHERE id NOT IN (SELECT id FROM chunk_text_docsize)")!;
        var surplus = (long)reading.Scalar("SELECT count(*) FROM chunk_text_docsize WHERE id NOT IN (SELECT id FROM chunks)")!;
        if (missing + surplus > 0)
        {
            yield return new($"the full-text index lacks {missing} chunks and has {surplus} too many", [new("INSERT INTO chunk_text (chunk_text) VALUES ('rebuild')", [])]);
        }
    }
}
