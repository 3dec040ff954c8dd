using CodeAnalysisServer.SqliteQueue;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Repair.Checks;

/// <summary>Pages and indexes, a table a slice. A full-text index is rebuilt from the rows; for the rest the queue sets the database aside and the trees are indexed again.</summary>
internal static class PageChecks
{
    /// <summary>Each slice's findings.</summary>
    public static IEnumerable<IReadOnlyList<Finding>> Find(SqliteConnection reading)
    {
        foreach (var table in PageCheck.Tables(reading))
        {
            var faults = PageCheck.Look(reading, table);
            yield return faults.Count == 0 ? [] : [Of(table, $"'{table}' is damaged: {string.Join("; ", faults.Take(3))}")];
        }
    }

    private static Finding Of(string table, string what) => table == "chunk_text"
        ? FullTextChecks.Rebuild(what)
        : new("pages", what, []) { Job = ("integrity_check", new Dictionary<string, string> { ["renew"] = "true" }) };
}
