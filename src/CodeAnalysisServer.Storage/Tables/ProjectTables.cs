namespace CodeAnalysisServer.Storage.Tables;

/// <summary>The roots that are followed: those of the server's command line, and those added while it ran. A scan is asked for by counting up what is wanted.</summary>
internal static class ProjectTables
{
    public const string Sql = """
        CREATE TABLE projects (root TEXT PRIMARY KEY, added INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'scanning', scans_wanted INTEGER NOT NULL DEFAULT 0,
            scans_done INTEGER NOT NULL DEFAULT 0, scanned_at INTEGER, left_out TEXT NOT NULL DEFAULT '');
        """;
}
