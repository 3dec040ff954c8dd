using System.Data.Common;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Vectorization;

/// <summary>A text that waits, and how often it was refused.</summary>
internal sealed record WaitingText(string Hash, string Text, int Tries);

/// <summary>
/// What is to be embedded next: a few that came last, since an edit does not wait for the rest of a whole tree; and of the rest a part in
/// the order of the hashes. So what is stored of them lies together in the indexes, of which few pages are written then. Not thread-safe.
/// </summary>
internal sealed class WaitingTexts(DbConnection reading)
{
    private const int Newest = 32;

    private const string Waiting = """
        SELECT w.hash, (SELECT text FROM chunks WHERE hash = w.hash LIMIT 1), w.tries FROM to_embed w
        WHERE EXISTS (SELECT 1 FROM chunks WHERE hash = w.hash) AND
        """;

    private const string FewestTries = "(SELECT t.tries FROM to_embed t WHERE EXISTS (SELECT 1 FROM chunks WHERE hash = t.hash) ORDER BY t.tries LIMIT 1)";

    /// <summary>Those that came last. An index has them in this order.</summary>
    internal const string Last = $"{Waiting} w.tries = {FewestTries} ORDER BY w.id DESC LIMIT $1";

    /// <summary>Those after a hash. With the plus SQLite walks along the hashes; else it takes the index of the tries, and sorts a tree of which everything waits for each round.</summary>
    internal const string After = $"{Waiting} +w.tries = {FewestTries} AND w.hash > $2 ORDER BY w.hash LIMIT $1";

    private string _after = "";

    /// <summary>At most so many of those that are not under way; with none under way, none only when nothing waits.</summary>
    public List<WaitingText> Next(int most, IReadOnlySet<string> underWay)
    {
        var newest = Read(Last, Math.Min(most, Newest));
        var next = newest.Where(text => !underWay.Contains(text.Hash)).ToList();
        if (newest.Count < Newest || next.Count == most)
        {
            return next;
        }

        var known = newest.Select(text => text.Hash).ToHashSet();
        // Twice: from the end of the hashes on to their front.
        for (var part = 0; part < 2 && next.Count < most; part++)
        {
            var asked = most - next.Count;
            var rest = Read(After, asked, _after);
            _after = rest.Count < asked ? "" : rest[^1].Hash;
            next.AddRange(rest.Where(text => known.Add(text.Hash) && !underWay.Contains(text.Hash)));
        }

        return next;
    }

    private List<WaitingText> Read(string sql, params ReadOnlySpan<object?> arguments) => reading.Rows(sql, row => new WaitingText(row.GetString(0), row.GetString(1), row.GetInt32(2)), arguments);
}
