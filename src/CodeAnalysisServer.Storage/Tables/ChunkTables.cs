namespace CodeAnalysisServer.Storage.Tables;

/// <summary>Pieces of files, and the full-text index over them.</summary>
internal static class ChunkTables
{
    public const string Sql = """
        CREATE TABLE chunks (id INTEGER PRIMARY KEY, file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE, start_line INTEGER NOT NULL,
            end_line INTEGER NOT NULL, text TEXT NOT NULL, words TEXT NOT NULL, hash TEXT NOT NULL, entity_id INTEGER);
        CREATE INDEX chunks_of_file ON chunks (file_id);
        CREATE VIRTUAL TABLE chunk_text USING fts5 (text, words, content = 'chunks', content_rowid = 'id');
        CREATE TRIGGER chunk_text_added AFTER INSERT ON chunks BEGIN
            INSERT INTO chunk_text (rowid, text, words) VALUES (new.id, new.text, new.words);
        END;
        CREATE TRIGGER chunk_text_removed AFTER DELETE ON chunks BEGIN
            INSERT INTO chunk_text (chunk_text, rowid, text, words) VALUES ('delete', old.id, old.text, old.words);
        END;
        """;
}
