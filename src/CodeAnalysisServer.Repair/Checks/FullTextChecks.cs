using System.Data.Common;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Repair.Checks;

/// <summary>The full-text index against the rows.</summary>
internal static class FullTextChecks
{
    public static IEnumerable<Finding> Find(DbConnection reading)
    {
        var (missing, surplus) = Dialect.Of(reading).FullTextGaps(reading);
        if (missing + surplus > 0)
        {
            yield return Rebuild(reading, $"the full-text index lacks {missing} chunks and has {surplus} too many");
        }
    }

    /// <summary>What is done about a damaged full-text index.</summary>
    public static Finding Rebuild(DbConnection reading, string what) => new("full text", what, [new(Dialect.Of(reading).RebuildFullText, [])]);
}
