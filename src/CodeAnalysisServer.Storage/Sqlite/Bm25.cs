using System.Data.Common;

namespace CodeAnalysisServer.Storage.Sqlite;

/// <summary>
/// Chunks by FTS5's bm25, which takes half a microsecond for each chunk that matches. What more than <see cref="MostRanked"/> chunks have says
/// little of any of them: then an even part of them is ranked, behind those whose entity is named so, and the others follow as they stand.
/// </summary>
internal static class Bm25
{
    /// <summary>Of so many chunks about, the rank is computed.</summary>
    public const long MostRanked = 6000;

    // Weights of the columns: the text as it stands, the parts of its identifiers.
    private const string Ranked = "SELECT rowid, bm25(chunk_text, 1.0, 1.0) FROM chunk_text WHERE chunk_text MATCH $1 ORDER BY 2, rowid LIMIT $2";
    private const string PartRanked = "SELECT rowid, bm25(chunk_text, 1.0, 1.0) FROM chunk_text WHERE chunk_text MATCH $1 AND rowid % $3 = 0 ORDER BY 2, rowid LIMIT $2";
    private const string Unranked = "SELECT rowid FROM chunk_text WHERE chunk_text MATCH $1 ORDER BY rowid LIMIT $2";
    private const string Named = "SELECT c.id FROM entities e JOIN chunks c ON c.file_id = e.file_id AND c.entity_id = e.id WHERE e.name = $1 COLLATE NOCASE ORDER BY c.id LIMIT $2";

    /// <summary>The best, each once.</summary>
    /// <param name="connection">Reads.</param>
    /// <param name="expression">FTS5's.</param>
    /// <param name="matches">How many chunks match, about.</param>
    /// <param name="name">What an entity may be named, if it is one word.</param>
    /// <param name="limit">At most so many.</param>
    public static List<(long Id, double Score)> Of(DbConnection connection, string expression, long matches, string name, int limit)
    {
        if (matches <= MostRanked)
        {
            return connection.Rows(Ranked, Scored, expression, limit);
        }

        var ranked = connection.Rows(PartRanked, Scored, expression, limit, (matches + MostRanked - 1) / MostRanked);
        var (best, least) = ranked.Count > 0 ? (ranked[0].Score, ranked[^1].Score) : (0, 0);
        var named = connection.Rows(Named, row => (Id: row.GetInt64(0), Score: best), name, limit);
        List<(long Id, double Score)> found = [.. named.Concat(ranked).DistinctBy(chunk => chunk.Id).Take(limit)];
        if (found.Count < limit)
        {
            found = [.. found.Concat(connection.Rows(Unranked, row => (Id: row.GetInt64(0), Score: least), expression, limit)).DistinctBy(chunk => chunk.Id).Take(limit)];
        }

        return found;
    }

    /// <summary>How many chunks have every word, at most: no more than have one of them. Once that is few, it is not asked further.</summary>
    public static long MostWithAll(DbConnection connection, string query, bool begun)
    {
        var most = long.MaxValue;
        foreach (var word in FullTextQuery.WordsOf(query).OrderByDescending(word => word.Length))
        {
            var parts = Words.Split(word) is { Count: > 0 } several ? several : [word.ToLowerInvariant()];
            for (var i = parts.Count - 1; i >= 0 && most > MostRanked; i--)
            {
                most = Math.Min(most, Frequency(connection, parts[i], begun && i == parts.Count - 1));
            }
        }

        return most;
    }

    /// <summary>How many chunks have a word, or (each word for itself) those that begin with it. Asks the index of words alone.</summary>
    public static long Frequency(DbConnection connection, string word, bool begun)
    {
        connection.Run("CREATE VIRTUAL TABLE IF NOT EXISTS temp.words_of_chunks USING fts5vocab(main, chunk_text, row)");
        return begun
            ? (long)connection.Scalar("SELECT coalesce(sum(doc), 0) FROM temp.words_of_chunks WHERE term >= $1 AND term < $2", word, word + "\U0010FFFF")!
            : (long)connection.Scalar("SELECT coalesce(sum(doc), 0) FROM temp.words_of_chunks WHERE term = $1", word)!;
    }

    private static (long Id, double Score) Scored(DbDataReader row) => (row.GetInt64(0), -row.GetDouble(1));
}
