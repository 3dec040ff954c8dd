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

    // Weights of the columns: the text as it stands, the parts of its identifiers.
    private const string Rank = "SELECT rowid, bm25(chunk_text, 1.0, 1.0) FROM chunk_text WHERE chunk_text MATCH $1 ORDER BY 2, rowid LIMIT $2";

    public static List<(long Id, double Score)> Of(SqliteConnection connection, string query, int limit)
    {
        var found = new List<(long Id, double Score)>();
        var seen = new HashSet<long>();
        foreach (var step in Steps(connection, query))
        {
            var least = found.Count > 0 ? found[^1].Score : double.MaxValue;
            foreach (var (id, score) in connection.Rows(Rank, row => (row.GetInt64(0), -row.GetDouble(1)), step, limit + seen.Count))
            {
                if (found.Count < limit && seen.Add(id))
                {
                    found.Add((id, Math.Min(least, score)));
                }
            }

            if (found.Count >= limit)
            {
                break;
            }
        }

        return found;
    }

    private static IEnumerable<string> Steps(SqliteConnection connection, string query)
    {
        if (FullTextQuery.All(query) is not { } all)
        {
            yield break;
        }

        yield return all;
        yield return FullTextQuery.AllBegun(query)!;
        if (FullTextQuery.Stems(query) is { Count: > 0 } stems)
        {
            yield return FullTextQuery.Any(Rarest(connection, stems));
        }
    }

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
