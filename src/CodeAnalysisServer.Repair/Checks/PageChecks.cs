using System.Data.Common;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Repair.Checks;

/// <summary>Pages and indexes, a table a slice. A full-text index is rebuilt from the rows; for the rest the queue sets the database aside and the trees are indexed again.</summary>
internal static class PageChecks
{
    /// <summary>Each slice's findings.</summary>
    public static IEnumerable<IReadOnlyList<Finding>> Find(DbConnection reading)
    {
        foreach (var table in Dialect.Of(reading).TablesOfPages(reading))
        {
            var faults = Dialect.Of(reading).FaultsIn(reading, table);
            yield return faults.Count == 0 ? [] : [Of(reading, table, $"'{table}' is damaged: {string.Join("; ", faults.Take(3))}")];
        }
    }

    private static Finding Of(DbConnection reading, string table, string what) => table == "chunk_text"
        ? FullTextChecks.Rebuild(reading, what)
        : new("pages", what, []) { Job = ("integrity_check", new Dictionary<string, string> { ["renew"] = "true" }) };
}
