using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Vectors;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Bench;

/// <summary>An index of texts in a directory of its own, made as the workers make it; each text is a file whose path is its number.</summary>
internal sealed class IndexOfEntities : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("bench-").FullName;

    public IndexOfEntities(IEnumerable<string> texts)
    {
        using var writing = Schema.OpenForWriting(_data, Console.Error.WriteLine);
        using (var transaction = writing.BeginTransaction())
        {
            writing.Run("INSERT INTO models (name, dimensions, state) VALUES ($1, $2, 'answering')", Embedder.Name, Embedder.Dimensions);
            foreach (var text in texts)
            {
                Count++;
                writing.Run("INSERT INTO files (root, path, hash, size, modified) VALUES ('', $1, '', 0, 0)", Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
                writing.Run("INSERT INTO chunks (file_id, start_line, end_line, text, words, hash) VALUES (last_insert_rowid(), 1, $1, $2, $3, $2)", text.Count(letter => letter == '\n') + 1, text, Words.PartsWithin(text));
                writing.Run("INSERT OR IGNORE INTO vectors (model_id, hash, embedding) VALUES (1, $1, $2)", text, Embedder.ToBytes(Embedder.Embed(text)));
            }

            transaction.Commit();
        }

        Model = EmbeddingModel.Answering(writing)!;
        new VectorIndexWriter(_data).Update(writing, Model);
        writing.Run("PRAGMA wal_checkpoint(TRUNCATE)");
        Vectors = new(_data);
        Reading = Schema.TryOpenForReading(_data)!;
    }

    public int Count { get; }

    public SqliteConnection Reading { get; }

    public VectorIndex Vectors { get; }

    public EmbeddingModel Model { get; }

    /// <summary>A connection as each search of the server has one of its own.</summary>
    public SqliteConnection Open() => Schema.TryOpenForReading(_data)!;

    public VectorQuery Vector(string query) => new(Vectors, Model, Embedder.Embed(query));

    public void Dispose()
    {
        Vectors.Dispose();
        Reading.Dispose();
        Directory.Delete(_data, recursive: true);
    }
}
