using System.Data.Common;

namespace CodeAnalysisServer.Storage;

/// <summary>Searches the index through a connection of its own; never waits for the writer. Any text is a valid query.</summary>
public static class Searcher
{
    /// <summary>How deep a hybrid search looks into either ranking: no hit comes after so many of each.</summary>
    public const int FusionDepth = 200;

    // Reciprocal rank fusion, score 1 / (constant + rank): Cormack, Clarke and Buettcher 2009, with 60 for many rankings. Of two, the
    // first places are to count more: chosen with the bench's retrieval scenario, on its development repositories alone.
    private const int FusionConstant = 20;

    /// <summary>Full text: chunks with all words first, in identifiers too; then those with words that begin so; then those with most of them.</summary>
    public static List<SearchHit> FullText(DbConnection connection, string query, int limit, int skip = 0) =>
        Hits(connection, query, WordRanking.Of(connection, query, skip + limit).Skip(skip).Select(chunk => new Found(chunk.Id, chunk.Score)));

    /// <summary>By likeness of the embeddings: exact, over all of them.</summary>
    public static List<SearchHit> Semantic(DbConnection connection, VectorQuery vector, string query, int limit, int skip = 0) =>
        Hits(connection, query, ByLikeness(connection, vector, skip + limit).Skip(skip).Select(chunk => new Found(chunk.Id, chunk.Score, chunk.Score)));

    /// <summary>Both, by reciprocal rank fusion; by words alone without a vector.</summary>
    public static List<SearchHit> Hybrid(DbConnection connection, VectorQuery? vector, string query, int limit, int skip = 0)
    {
        var fused = new Dictionary<long, Found>();
        var byWords = WordRanking.Of(connection, query, FusionDepth, thorough: true);
        var byLikeness = vector is null ? [] : ByLikeness(connection, vector, FusionDepth);
        for (var rank = 1; rank <= byWords.Count; rank++)
        {
            fused[byWords[rank - 1].Id] = new(byWords[rank - 1].Id, 1.0 / (FusionConstant + rank), WordRank: rank);
        }

        for (var rank = 1; rank <= byLikeness.Count; rank++)
        {
            var (id, likeness) = byLikeness[rank - 1];
            var found = fused.GetValueOrDefault(id) ?? new(id, 0);
            fused[id] = found with { Score = found.Score + (1.0 / (FusionConstant + rank)), Likeness = likeness, LikenessRank = rank };
        }

        return Hits(connection, query, fused.Values.OrderByDescending(found => found.Score).ThenBy(found => found.Id).Skip(skip).Take(limit));
    }

    // Each vector stands for every chunk with its text. Those of texts that are gone lead to none: then more are asked for.
    private static List<(long Id, double Score)> ByLikeness(DbConnection connection, VectorQuery vector, int limit)
    {
        for (var asked = limit; ; asked *= 2)
        {
            var nearest = vector.Index.Search(connection, vector.Model, vector.Vector.Span, asked);
            using var command = connection.Command("SELECT c.id FROM vectors v JOIN chunks c ON c.hash = v.hash WHERE v.id = $1 ORDER BY c.id LIMIT $2", 0L, limit);
            var chunks = new List<(long Id, double Score)>();
            foreach (var (id, likeness) in nearest)
            {
                command.Parameters[0].Value = id;
                using var rows = command.ExecuteReader();
                while (rows.Read())
                {
                    chunks.Add((rows.GetInt64(0), likeness));
                }
            }

            if (chunks.Count >= limit || nearest.Count < asked)
            {
                return [.. chunks.Take(limit)];
            }
        }
    }

    // A chunk that was replaced since it was ranked has no row any more, and is no hit.
    private static List<SearchHit> Hits(DbConnection connection, string query, IEnumerable<Found> ranking)
    {
        var words = FullTextQuery.WordsOf(query);
        return [.. ranking.SelectMany(chunk => connection.Rows(
            "SELECT f.root, f.path, c.start_line, c.end_line, c.text FROM chunks c JOIN files f ON f.id = c.file_id WHERE c.id = $1",
            row =>
            {
                var text = row.GetString(4);
                var snippet = Snippet.Of(text, row.GetInt32(2), row.GetInt32(3), words);
                var matched = new Matched([.. words.Where(word => FullTextQuery.IsIn(word, text))], Rounded(chunk.Likeness), chunk.WordRank, chunk.LikenessRank);
                return new SearchHit(row.GetString(0), row.GetString(1), snippet.StartLine, snippet.EndLine, snippet.Text, Math.Round(chunk.Score, 6), matched);
            },
            chunk.Id))];
    }

    private static double? Rounded(double? value) => value is { } known ? Math.Round(known, 6) : null;

    private sealed record Found(long Id, double Score, double? Likeness = null, int? WordRank = null, int? LikenessRank = null);
}
