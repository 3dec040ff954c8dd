namespace CodeAnalysisServer.Storage;

/// <summary>What is shown of a chunk: the line with the most of the query's words, and its neighbours, each bounded.</summary>
internal sealed record Snippet(int StartLine, int EndLine, string Text)
{
    // Characters of a line; a minified file is one line.
    private const int Widest = 240, Before = 80;

    public static Snippet Of(string text, int startLine, int endLine, string[] words)
    {
        var lines = text.Split('\n');
        var best = Enumerable.Range(0, lines.Length).MaxBy(line => words.Count(word => lines[line].Contains(word, StringComparison.OrdinalIgnoreCase)));
        var from = Math.Max(0, best - 1);
        var to = Math.Min(lines.Length - 1, best + 1);
        return new(Math.Min(startLine + from, endLine), Math.Min(startLine + to, endLine), string.Join('\n', lines[from..(to + 1)].Select(line => Narrow(line, words))));
    }

    private static string Narrow(string line, string[] words)
    {
        if (line.Length <= Widest)
        {
            return line;
        }

        var match = words.Select(word => line.IndexOf(word, StringComparison.OrdinalIgnoreCase)).Where(at => at >= 0).DefaultIfEmpty(0).Min();
        var from = Math.Clamp(match - Before, 0, line.Length - Widest);
        var to = from + Widest;
        // Never half of a surrogate pair.
        from -= from > 0 && char.IsLowSurrogate(line[from]) ? 1 : 0;
        to += to < line.Length && char.IsLowSurrogate(line[to]) ? 1 : 0;
        return (from > 0 ? "…" : "") + line[from..to] + (to < line.Length ? "…" : "");
    }
}
