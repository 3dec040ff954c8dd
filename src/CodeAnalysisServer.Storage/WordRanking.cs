using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Storage;

/// <summary>
/// Chunks by their words, BM25 within each step: first those that have every word, then those that have words which begin so, then
/// those that have any, the rarer words counting more. A later step is taken only when the earlier ones have not found enough.
/// </summary>
internal static class WordRanking
{
    // BM25 is computed for every chunk that has any of the words: the commonest words are left out beyond this many.
    private const long MostCandidates = 20_000;

    // Of the best by BM25, so many texts are read and looked at.
    private const int Looked = 200;

    // Chosen with the bench's retrieval scenario, on its development repositories alone.
    private const double OfPresent = 2, InFirstLine = 10;

    // Weights of the columns: the text as it stands, the parts of its identifiers.
    private const string Rank = "SELECT rowid, bm25(chunk_text, 1.0, 1.0) FROM chunk_text WHERE chunk_text MATCH $1 ORDER BY 2, rowid LIMIT $2";

    /// <summary>At most <paramref name="limit"/> chunks, the best first.</summary>
    public static List<(long Id, double Score)> Of(SqliteConnection connection, string query, int limit)
    {
        var found = new List<(long Id, double Score)>();
        if (FullTextQuery.All(query) is not { } all)
        {
            return found;
        }

        var seen = new HashSet<long>();
        Take(Ranked(connection, all, limit));
        if (found.Count < limit)
        {
            Take(Ranked(connection, FullTextQuery.AllBegun(query)!, limit + seen.Count));
        }

        if (found.Count < limit && FullTextQuery.Stems(query) is { Count: > 0 } stems)
        {
            Take(MostWords(connection, stems, Math.Max(Looked, limit + seen.Count)));
        }

        return found;

        void Take(List<(long Id, double Score)> step)
        {
            var least = found.Count > 0 ? found[^1].Score : double.MaxValue;
            found.AddRange(step.Where(chunk => found.Count < limit && seen.Add(chunk.Id)).Take(limit - found.Count).Select(chunk => (chunk.Id, Math.Min(least, chunk.Score))));
        }
    }

    private static List<(long Id, double Score)> Ranked(SqliteConnection connection, string expression, int limit) => connection.Rows(Rank, row => (row.GetInt64(0), -row.GetDouble(1)), expression, limit);

    // BM25 knows neither how many of the words are there nor that the first line has an entity's name: of its best these decide.
    private static List<(long Id, double Score)> MostWords(SqliteConnection connection, IReadOnlyCollection<string> stems, int limit)
    {
        using var texts = connection.Command("SELECT text FROM chunks WHERE id = $1", 0L);
        return [.. Ranked(connection, FullTextQuery.Any(Rarest(connection, stems)), limit).Select(chunk =>
        {
            texts.Parameters[0].Value = chunk.Id;
            var text = texts.ExecuteScalar() as string ?? "";
            var line = text.IndexOf('\n', StringComparison.Ordinal) is >= 0 and var at ? text[..at] : text;
            return (chunk.Id, Score: chunk.Score * (1 + (OfPresent * Share(stems, text)) + (InFirstLine * Share(stems, line))));
        }).OrderByDescending(chunk => chunk.Score).ThenBy(chunk => chunk.Id)];
    }

    private static double Share(IReadOnlyCollection<string> stems, string text) => stems.Count(stem => text.Contains(stem, StringComparison.OrdinalIgnoreCase)) / (double)stems.Count;

    private static List<string> Rarest(SqliteConnection connection, IReadOnlyCollection<string> stems)
    {
        connection.Run("CREATE VIRTUAL TABLE IF NOT EXISTS temp.words_of_chunks USING fts5vocab(main, chunk_text, row)");
        var rarest = new List<string>();
        var candidates = 0L;
        foreach (var (stem, chunks) in stems.Select(stem => (stem, Chunks: Frequency(connection, stem))).Where(stem => stem.Chunks > 0).OrderBy(stem => stem.Chunks))
        {
            candidates += chunks;
            if (rarest.Count > 0 && candidates > MostCandidates)
            {
                break;
            }

            rarest.Add(stem);
        }

        return rarest;
    }

    private static long Frequency(SqliteConnection connection, string stem) => FullTextQuery.IsBeginning(stem)
        ? (long)connection.Scalar("SELECT coalesce(sum(doc), 0) FROM temp.words_of_chunks WHERE term >= $1 AND term < $2", stem, stem + "\U0010FFFF")!
        : (long)connection.Scalar("SELECT coalesce(sum(doc), 0) FROM temp.words_of_chunks WHERE term = $1", stem)!;
}
