using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Repair.Checks;

/// <summary>Vectors against chunks.</summary>
internal static class VectorChecks
{
    private const string WithoutVector = "id NOT IN (SELECT chunk_id FROM vectors) AND id NOT IN (SELECT chunk_id FROM to_embed)";
    private const string WithoutChunk = "chunk_id NOT IN (SELECT id FROM chunks)";

    public static IEnumerable<Finding> Find(SqliteConnection reading)
    {
        var bytes = (long)Embedder.Dimensions * sizeof(float);
        var wrong = (long)reading.Scalar("SELECT count(*) FROM vectors WHERE length(embedding) <> $1", bytes)!;
        if (wrong > 0)
        {
            yield return new("vectors", $"{wrong} vectors have another size than {Embedder.Dimensions} numbers", [new("INSERT OR IGNORE INTO to_embed SELECT chunk_id FROM vectors WHERE length(embedding) <> $1", [bytes]), new("DELETE FROM vectors WHERE length(embedding) <> $1", [bytes])]);
        }

        var without = (long)reading.Scalar($"SELECT count(*) FROM chunks WHERE {WithoutVector}")!;
        if (without > 0)
        {
            yield return new("vectors", $"{without} chunks have no vector and wait for none", [new($"INSERT INTO to_embed SELECT id FROM chunks WHERE {WithoutVector}", [])]);
        }

        var stray = (long)reading.Scalar($"SELECT (SELECT count(*) FROM vectors WHERE {WithoutChunk}) + (SELECT count(*) FROM to_embed WHERE {WithoutChunk})")!;
        if (stray > 0)
        {
            yield return new("vectors", $"{stray} vectors, there or awaited, belong to no chunk", [new($"DELETE FROM vectors WHERE {WithoutChunk}", []), new($"DELETE FROM to_embed WHERE {WithoutChunk}", [])]);
        }
    }
}
