using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>Whether pages, indexes and full-text indexes are whole, a table at a time; reads only.</summary>
public static class PageCheck
{
    private const int MostFaults = 20;

    /// <summary>What is looked at by name. A table that belongs to a full-text index is looked at as one of its own too.</summary>
    public static IReadOnlyList<string> Tables(SqliteConnection reading) => reading.Rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name", row => row.GetString(0));

    /// <summary>The faults of one table.</summary>
    public static IReadOnlyList<string> Look(SqliteConnection reading, string table)
    {
        try
        {
            return [.. reading.Rows($"PRAGMA integrity_check(\"{table.Replace("\"", "\"\"", StringComparison.Ordinal)}\")", row => row.GetString(0)).Where(line => line != "ok").Take(MostFaults)];
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB)
        {
            return [exception.Message];
        }
    }
}
