using System.Data.Common;

namespace CodeAnalysisServer.Storage;

/// <summary>
/// Chunks by their words, BM25 within each step: first those that have every word, then those that have words which begin so, then
/// those that have any, the rarer words counting more. A later step is taken only when the earlier ones have not found enough.
/// </summary>
internal static class WordRanking
{
    // BM25 is computed for every chunk that has any of the words: the commonest words are left out beyond this many.
    internal const long MostCandidates = 20_000;

    // And what it takes grows with the words that each of them is looked at for: so many looks are an answer's worth to a person who waits for words
    // alone. Both chosen with the bench's search and retrieval scenarios, the latter on its development repositories alone.
    private const long MostLooks = 60_000;

    // Hardly a chunk has more words than these all begun, and the last step, which takes beginnings too, is no slower.
    private const int MostBegun = 3;

    // Of the best by BM25, so many texts are read and looked at.
    private const int Looked = 200;

    // Chosen with the bench's retrieval scenario, on its development repositories alone.
    private const double OfPresent = 2, InFirstLine = 10;

    /// <summary>At most <paramref name="limit"/> chunks, the best first. <paramref name="thorough"/>: commoner words count too, which takes longer.</summary>
    public static List<(long Id, double Score)> Of(DbConnection connection, string query, int limit, bool thorough = false)
    {
        var found = new List<(long Id, double Score)>();
        var words = FullTextQuery.WordsOf(query).Length;
        if (words == 0)
        {
            return found;
        }

        var dialect = Dialect.Of(connection);
        var seen = new HashSet<long>();
        Take(dialect.WithAll(connection, query, begun: false, limit));
        if (found.Count < limit && words <= MostBegun)
        {
            Take(dialect.WithAll(connection, query, begun: true, limit + seen.Count));
        }

        if (found.Count < limit && FullTextQuery.Stems(query) is { Count: > 0 } stems)
        {
            Take(MostWords(connection, Rarest(connection, stems, thorough ? long.MaxValue : MostLooks), stems, Math.Max(Looked, limit + seen.Count)));
        }

        return found;

        void Take(List<(long Id, double Score)> step)
        {
            var least = found.Count > 0 ? found[^1].Score : double.MaxValue;
            found.AddRange(step.Where(chunk => found.Count < limit && seen.Add(chunk.Id)).Take(limit - found.Count).Select(chunk => (chunk.Id, Math.Min(least, chunk.Score))));
        }
    }

    // BM25 knows neither how many of the words are there nor that the first line has an entity's name: of its best these decide.
    private static List<(long Id, double Score)> MostWords(DbConnection connection, List<(string Stem, long Chunks)> rarest, IReadOnlyCollection<string> stems, int limit)
    {
        using var texts = connection.Command("SELECT text FROM chunks WHERE id = $1", 0L);
        return [.. Dialect.Of(connection).WithAny(connection, rarest, limit).Select(chunk =>
        {
            texts.Parameters[0].Value = chunk.Id;
            var text = texts.ExecuteScalar() as string ?? "";
            var line = text.IndexOf('\n', StringComparison.Ordinal) is >= 0 and var at ? text[..at] : text;
            return (chunk.Id, Score: chunk.Score * (1 + (OfPresent * Share(stems, text)) + (InFirstLine * Share(stems, line))));
        }).OrderByDescending(chunk => chunk.Score).ThenBy(chunk => chunk.Id)];
    }

    private static double Share(IReadOnlyCollection<string> stems, string text) => stems.Count(stem => text.Contains(stem, StringComparison.OrdinalIgnoreCase)) / (double)stems.Count;

    private static List<(string Stem, long Chunks)> Rarest(DbConnection connection, IReadOnlyCollection<string> stems, long looks)
    {
        var dialect = Dialect.Of(connection);
        var rarest = new List<(string Stem, long Chunks)>();
        var candidates = 0L;
        foreach (var (stem, chunks) in stems.Select(stem => (stem, Chunks: dialect.Frequency(connection, stem))).Where(stem => stem.Chunks > 0).OrderBy(stem => stem.Chunks))
        {
            candidates += chunks;
            if (rarest.Count > 0 && (candidates > MostCandidates || candidates * (rarest.Count + 1) > looks))
            {
                break;
            }

            rarest.Add((stem, chunks));
        }

        return rarest;
    }
}
