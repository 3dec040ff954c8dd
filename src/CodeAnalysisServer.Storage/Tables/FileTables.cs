namespace CodeAnalysisServer.Storage.Tables;

/// <summary>What is indexed, what changed lately, and which rows are doubted.</summary>
internal static class FileTables
{
    public const string Sql = """
        CREATE TABLE files (id INTEGER PRIMARY KEY, root TEXT NOT NULL, path TEXT NOT NULL, hash TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL, UNIQUE (root, path));
        CREATE TABLE changes (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, path TEXT NOT NULL);
        CREATE TABLE doubts (id INTEGER PRIMARY KEY, root TEXT NOT NULL, path TEXT NOT NULL, UNIQUE (root, path));
        """;
}
