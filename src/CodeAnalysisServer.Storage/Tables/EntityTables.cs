namespace CodeAnalysisServer.Storage.Tables;

/// <summary>
/// What each file's syntax says, replaced with the file's row in one transaction. An entity's id is made of its file's and of its
/// place in it (<see cref="EntityIds"/>), so that a whole file's rows can refer to each other within one transaction.
/// </summary>
internal static class EntityTables
{
    public const string Sql = """
        CREATE TABLE analyses (file_id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE, analyzer TEXT NOT NULL, language TEXT);
        CREATE TABLE entities (id INTEGER PRIMARY KEY, file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE, parent_id INTEGER, kind TEXT NOT NULL,
            name TEXT NOT NULL, qualified_name TEXT NOT NULL, signature TEXT NOT NULL, doc TEXT, start_line INTEGER NOT NULL, end_line INTEGER NOT NULL,
            complexity INTEGER, lines INTEGER NOT NULL, language TEXT NOT NULL);
        CREATE INDEX entities_of_file ON entities (file_id);
        CREATE INDEX entities_by_name ON entities (name COLLATE NOCASE);
        CREATE TABLE imports (file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE, position INTEGER NOT NULL, line INTEGER NOT NULL, target TEXT NOT NULL,
            PRIMARY KEY (file_id, position)) WITHOUT ROWID;
        CREATE TABLE bases (entity_id INTEGER NOT NULL REFERENCES entities (id) ON DELETE CASCADE, position INTEGER NOT NULL, name TEXT NOT NULL, simple_name TEXT NOT NULL,
            PRIMARY KEY (entity_id, position)) WITHOUT ROWID;
        CREATE INDEX bases_by_name ON bases (simple_name);
        CREATE TABLE indexing_errors (root TEXT NOT NULL, path TEXT NOT NULL, stage TEXT NOT NULL, message TEXT NOT NULL, time TEXT NOT NULL,
            PRIMARY KEY (root, path, stage)) WITHOUT ROWID;
        """;
}
