using System.Data.Common;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Repair.Checks;

/// <summary>Vectors against chunks: none is wrong, each text has one or waits for one, and none is kept for ever.</summary>
public static class VectorChecks
{
    private const string OfTheModel = "model_id = (SELECT max(id) FROM models)";

    // A vector's length in bytes is four times its model's dimensions.
    private const string Wrong = "id IN (SELECT v.id FROM vectors v JOIN models m ON m.id = v.model_id WHERE m.dimensions IS NULL OR length(v.embedding) <> m.dimensions * 4)";
    private const string Forgotten = $"EXISTS (SELECT 1 FROM models) AND hash NOT IN (SELECT hash FROM vectors WHERE {OfTheModel}) AND hash NOT IN (SELECT hash FROM to_embed) AND hash NOT IN (SELECT hash FROM dead_letters WHERE {OfTheModel})";
    private const string Unused = "hash NOT IN (SELECT hash FROM chunks)";

    /// <summary>What is found now.</summary>
    public static IEnumerable<Finding> Find(DbConnection reading)
    {
        if (Count(reading, $"vectors WHERE {Wrong}") is > 0 and var wrong)
        {
            yield return new("vectors", $"{wrong} vectors have another size than their model", [new($"INSERT INTO to_embed (hash) SELECT hash FROM vectors WHERE {Wrong} AND {OfTheModel} AND NOT ({Unused}) ON CONFLICT DO NOTHING", []), new($"DELETE FROM vectors WHERE {Wrong}", [])]);
        }

        if (Count(reading, $"(SELECT DISTINCT hash FROM chunks WHERE {Forgotten}) AS forgotten") is > 0 and var forgotten)
        {
            yield return new("vectors", $"{forgotten} texts have no vector and wait for none", [new($"INSERT INTO to_embed (hash) SELECT DISTINCT hash FROM chunks WHERE {Forgotten} ON CONFLICT DO NOTHING", [])]);
        }

        if (Count(reading, $"vectors WHERE {Unused} AND hash NOT IN (SELECT hash FROM unused)") is > 0 and var stray)
        {
            yield return new("vectors", $"{stray} vectors belong to no chunk and would stay", [new($"INSERT INTO unused (hash, since) SELECT hash, $1 FROM vectors WHERE {Unused} ON CONFLICT DO NOTHING", [TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()])]);
        }

        if (Count(reading, $"to_embed WHERE {Unused}") + Count(reading, $"unused WHERE NOT ({Unused})") is > 0 and var astray)
        {
            yield return new("vectors", $"{astray} texts wait for a vector without a chunk, or are called unused with one", [new($"DELETE FROM to_embed WHERE {Unused}", []), new($"DELETE FROM unused WHERE NOT ({Unused})", [])]);
        }
    }

    private static long Count(DbConnection reading, string what) => (long)reading.Scalar($"SELECT count(*) FROM {what}")!;
}
