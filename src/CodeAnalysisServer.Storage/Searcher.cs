using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Storage;

/// <summary>One answer: where, and how well it fits (higher is better).</summary>
public sealed record SearchHit(string Root, string Path, int StartLine, int EndLine, string Snippet, double Score);

/// <summary>Searches the index through a connection of its own; never waits for the writer.</summary>
public static class Searcher
{
    private const string Columns = "f.root, f.path, c.start_line, c.end_line, c.text";

    /// <summary>Full text: every word must occur, in identifiers too.</summary>
    public static List<SearchHit> FullText(SqliteConnection connection, string query, int limit)
    {
        var words = query.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(word => "\"" + word.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"").ToArray();
        return words.Length == 0 ? [] : connection.Rows(
            $"SELECT {Columns}, bm25(chunk_text) FROM chunk_text t JOIN chunks c ON c.id = t.rowid JOIN files f ON f.id = c.file_id WHERE chunk_text MATCH $1 ORDER BY 6 LIMIT $2",
            row => Hit(row, query, -row.GetDouble(5)),
            string.Join(' ', words),
            limit);
    }

    /// <summary>By likeness of the embeddings: exact, over all of them.</summary>
    public static List<SearchHit> Semantic(SqliteConnection connection, string query, int limit)
    {
        var wanted = Embedder.Embed(query);
        var best = new PriorityQueue<long, float>();
        using (var command = connection.Command("SELECT id, embedding FROM chunks WHERE embedding IS NOT NULL"))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                var likeness = Embedder.Likeness(wanted, reader.GetFieldValue<byte[]>(1));
                if (likeness <= 0)
                {
                    continue;
                }

                // The queue holds the best so far, the worst of them in front.
                if (best.Count < limit)
                {
                    best.Enqueue(reader.GetInt64(0), likeness);
                }
                else
                {
                    best.EnqueueDequeue(reader.GetInt64(0), likeness);
                }
            }
        }

        var hits = new List<SearchHit>();
        while (best.TryDequeue(out var id, out var likeness))
        {
            hits.AddRange(connection.Rows($"SELECT {Columns} FROM chunks c JOIN files f ON f.id = c.file_id WHERE c.id = $1", row => Hit(row, query, likeness), id));
        }

        hits.Reverse();
        return hits;
    }

    // The line of the chunk that has the most of the query's words, and its neighbours.
    private static SearchHit Hit(SqliteDataReader row, string query, double score)
    {
        var first = row.GetInt32(2);
        var lines = row.GetString(4).Split('\n');
        var words = query.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var best = Enumerable.Range(0, lines.Length).MaxBy(line => words.Count(word => lines[line].Contains(word, StringComparison.OrdinalIgnoreCase)));
        var from = Math.Max(0, best - 1);
        var to = Math.Min(lines.Length - 1, best + 1);
        return new(row.GetString(0), row.GetString(1), first + from, first + to, string.Join('\n', lines[from..(to + 1)]), Math.Round(score, 6));
    }
}
