namespace CodeAnalysisServer.Storage.Tables;

/// <summary>
/// Embeddings, keyed by the model and the hash of the text: the same text is embedded once, wherever it stands. The newest model
/// (the highest id) is the one that is embedded with; while it is being built, the one before it answers.
/// </summary>
internal static class VectorTables
{
    public const string Sql = """
        CREATE TABLE models (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, uid TEXT NOT NULL DEFAULT (lower(hex(randomblob(8)))),
            dimensions INTEGER, state TEXT NOT NULL CHECK (state IN ('answering', 'building', 'retired')));
        CREATE TABLE vectors (id INTEGER PRIMARY KEY AUTOINCREMENT, model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE, hash TEXT NOT NULL,
            embedding BLOB NOT NULL, UNIQUE (model_id, hash));
        CREATE INDEX vectors_by_hash ON vectors (hash);
        CREATE TABLE to_embed (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, tries INTEGER NOT NULL DEFAULT 0);
        CREATE INDEX to_embed_in_order ON to_embed (tries, id);
        CREATE TABLE dead_letters (model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE, hash TEXT NOT NULL, reason TEXT NOT NULL, tries INTEGER NOT NULL,
            time INTEGER NOT NULL, PRIMARY KEY (model_id, hash)) WITHOUT ROWID;
        CREATE TABLE unused (hash TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX unused_since ON unused (since);
        CREATE INDEX chunks_by_hash ON chunks (hash);
        CREATE TRIGGER chunk_waits AFTER INSERT ON chunks BEGIN
            DELETE FROM unused WHERE hash = new.hash;
            INSERT OR IGNORE INTO to_embed (hash) SELECT new.hash
                WHERE NOT EXISTS (SELECT 1 FROM vectors WHERE model_id = (SELECT max(id) FROM models) AND hash = new.hash)
                AND NOT EXISTS (SELECT 1 FROM dead_letters WHERE model_id = (SELECT max(id) FROM models) AND hash = new.hash);
        END;
        CREATE TRIGGER chunk_waits_no_more AFTER DELETE ON chunks WHEN NOT EXISTS (SELECT 1 FROM chunks WHERE hash = old.hash) BEGIN
            DELETE FROM to_embed WHERE hash = old.hash;
            DELETE FROM dead_letters WHERE hash = old.hash;
            INSERT OR IGNORE INTO unused (hash, since) VALUES (old.hash, unixepoch());
        END;
        """;
}
