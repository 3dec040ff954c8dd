using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Repair.Checks;

/// <summary>The full-text index against the rows.</summary>
internal static class FullTextChecks
{
    public static IEnumerable<Finding> Find(SqliteConnection reading)
    {
        var missing = (long)reading.Scalar("SELECT count(*) FROM chunks WHERE id NOT IN (SELECT id FROM chunk_text_docsize)")!;
        var surplus = (long)reading.Scalar("SELECT count(*) FROM chunk_text_docsize WHERE id NOT IN (SELECT id FROM chunks)")!;
        if (missing + surplus > 0)
        {
            yield return Rebuild($"the full-text index lacks {missing} chunks and has {surplus} too many");
        }
    }

    /// <summary>What is done about a damaged full-text index.</summary>
    public static Finding Rebuild(string what) => new("full text", what, [new("INSERT INTO chunk_text (chunk_text) VALUES ('rebuild')", [])]);
}
