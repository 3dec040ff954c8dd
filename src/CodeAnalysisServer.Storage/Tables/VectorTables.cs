namespace CodeAnalysisServer.Storage.Tables;

/// <summary>Embeddings, and the chunks that wait for one. A vector is not in its chunk's row: storing it would write the whole text once more.</summary>
internal static class VectorTables
{
    public const string Sql = """
        CREATE TABLE vectors (chunk_id INTEGER PRIMARY KEY, hash TEXT NOT NULL, embedding BLOB NOT NULL);
        CREATE INDEX vectors_by_hash ON vectors (hash);
        CREATE TABLE to_embed (chunk_id INTEGER PRIMARY KEY);
        CREATE TRIGGER vector_added AFTER INSERT ON vectors BEGIN DELETE FROM to_embed WHERE chunk_id = new.chunk_id; END;
        CREATE TRIGGER chunk_waits AFTER INSERT ON chunks BEGIN INSERT INTO to_embed (chunk_id) VALUES (new.id); END;
        CREATE TRIGGER chunk_waits_no_more AFTER DELETE ON chunks BEGIN
            DELETE FROM to_embed WHERE chunk_id = old.id;
            DELETE FROM vectors WHERE chunk_id = old.id;
        END;
        """;
}
