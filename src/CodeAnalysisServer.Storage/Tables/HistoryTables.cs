namespace CodeAnalysisServer.Storage.Tables;

/// <summary>How this database came to its version.</summary>
internal static class HistoryTables
{
    public const string Sql = "CREATE TABLE schema_history (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, from_version INTEGER NOT NULL, at TEXT NOT NULL, how TEXT NOT NULL);";
}
