using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Storage;

/// <summary>One answer: where, and how well it fits (higher is better).</summary>
public sealed record SearchHit(string Root, string Path, int StartLine, int EndLine, string Snippet, double Score);

/// <summary>Searches the index through a connection of its own; never waits for the writer. Any text is a valid query.</summary>
public static class Searcher
{
    // Reciprocal rank fusion: score 1 / (60 + rank), Cormack, Clarke and Buettcher 2009.
    private const int FusionConstant = 60, FusionDepth = 100;

    /// <summary>Full text: every word must occur, in identifiers too.</summary>
    public static List<SearchHit> FullText(SqliteConnection connection, string query, int limit) => Hits(connection, query, ByWords(connection, query, limit));

    /// <summary>By likeness of the embeddings: exact, over all of them.</summary>
    public static List<SearchHit> Semantic(SqliteConnection connection, string query, int limit) => Hits(connection, query, ByLikeness(connection, query, limit));

    /// <summary>Both, by reciprocal rank fusion.</summary>
    public static List<SearchHit> Hybrid(SqliteConnection connection, string query, int limit)
    {
        var fused = new Dictionary<long, double>();
        foreach (var ranking in (List<(long Id, double Score)>[])[ByWords(connection, query, FusionDepth), ByLikeness(connection, query, FusionDepth)])
        {
            for (var rank = 0; rank < ranking.Count; rank++)
            {
                fused[ranking[rank].Id] = fused.GetValueOrDefault(ranking[rank].Id) + 1.0 / (FusionConstant + rank + 1);
            }
        }

        return Hits(connection, query, [.. fused.OrderByDescending(chunk => chunk.Value).Take(limit).Select(chunk => (chunk.Key, chunk.Value))]);
    }

    private static List<(long Id, double Score)> ByWords(SqliteConnection connection, string query, int limit) => FullTextQuery.From(query) is not { } expression ? [] : connection.Rows(
        "SELECT rowid, bm25(chunk_text) FROM chunk_text WHERE chunk_text MATCH $1 ORDER BY 2 LIMIT $2",
        row => (row.GetInt64(0), -row.GetDouble(1)),
        expression,
        limit);

    private static List<(long Id, double Score)> ByLikeness(SqliteConnection connection, string query, int limit)
    {
        var wanted = Embedder.Embed(query);
        // Holds the best so far, the worst of them in front.
        var best = new PriorityQueue<long, float>();
        using var command = connection.Command("SELECT chunk_id, embedding FROM vectors WHERE length(embedding) = $1", Embedder.Dimensions * sizeof(float));
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var likeness = Embedder.Likeness(wanted, reader.GetFieldValue<byte[]>(1));
            if (likeness > 0)
            {
                best.Enqueue(reader.GetInt64(0), likeness);
                if (best.Count > limit)
                {
                    best.Dequeue();
                }
            }
        }

        return [.. best.UnorderedItems.OrderByDescending(chunk => chunk.Priority).ThenBy(chunk => chunk.Element).Select(chunk => (chunk.Element, (double)chunk.Priority))];
    }

    // A chunk that was replaced since it was ranked has no row any more, and is no hit.
    private static List<SearchHit> Hits(SqliteConnection connection, string query, List<(long Id, double Score)> ranking)
    {
        var words = FullTextQuery.WordsOf(query);
        return [.. ranking.SelectMany(chunk => connection.Rows(
            "SELECT f.root, f.path, c.start_line, c.end_line, c.text FROM chunks c JOIN files f ON f.id = c.file_id WHERE c.id = $1",
            row =>
            {
                var snippet = Snippet.Of(row.GetString(4), row.GetInt32(2), row.GetInt32(3), words);
                return new SearchHit(row.GetString(0), row.GetString(1), snippet.StartLine, snippet.EndLine, snippet.Text, Math.Round(chunk.Score, 6));
            },
            chunk.Id))];
    }
}
