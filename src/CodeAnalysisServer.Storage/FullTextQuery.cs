namespace CodeAnalysisServer.Storage;

/// <summary>What a person typed, as an FTS5 expression: every word must occur, whole or as the parts of an identifier. Any text is a valid query.</summary>
internal static class FullTextQuery
{
    // More words than anybody means; and FTS5 bounds an expression's size.
    private const int MostWords = 50;

    /// <summary>The words that are searched for.</summary>
    public static string[] WordsOf(string query) => [.. query
        .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        .SelectMany(word => word.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        .Where(word => word.EnumerateRunes().Any(System.Text.Rune.IsLetterOrDigit))
        .Distinct()
        .Take(MostWords)];

    /// <summary>Null when there is nothing to search for.</summary>
    public static string? From(string query)
    {
        var terms = WordsOf(query).Select(word =>
        {
            var parts = string.Join(' ', Words.Split(word));
            return parts.Length == 0 || parts.Equals(word, StringComparison.OrdinalIgnoreCase) ? Quote(word) : $"({Quote(word)} OR {Quote(parts)})";
        }).ToArray();
        return terms.Length == 0 ? null : string.Join(" AND ", terms);
    }

    private static string Quote(string text) => "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
