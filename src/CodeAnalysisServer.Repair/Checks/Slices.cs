using System.Data.Common;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Repair.Checks;

/// <summary>Rows by ranges of their ids: each slice is a short read of its own, so that no long one keeps the log from being cut.</summary>
internal static class Slices
{
    /// <summary>Ids in a slice.</summary>
    public const int Size = 2000;

    /// <summary>Each range, from after the first number up to the second.</summary>
    public static IEnumerable<(long After, long UpTo)> Of(DbConnection reading, string table)
    {
        for (long? after = reading.Scalar($"SELECT min(id) - 1 FROM {table}") as long?; after is { } from;)
        {
            // By rows, not by numbers: ids have gaps of any size.
            var upTo = reading.Scalar($"SELECT max(id) FROM (SELECT id FROM {table} WHERE id > $1 ORDER BY id LIMIT {Size}) AS slice", from) as long?;
            if (upTo is { } last)
            {
                yield return (from, last);
            }

            after = upTo;
        }
    }
}
