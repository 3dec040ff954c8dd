namespace CodeAnalysisServer.Storage;

/// <summary>How a full-text expression is written: a phrase, or what begins with it, and the two ways to join.</summary>
internal sealed record FullTextSyntax(Func<string, bool, string> Phrase, string And, string Or);

/// <summary>What a person typed, as full-text expressions. Any text is a valid query.</summary>
internal static class FullTextQuery
{
    // More words than anybody means; and FTS5 bounds an expression's size.
    private const int MostWords = 50;

    // A shorter word begins too many others.
    private const int ShortestStem = 4, ShortestBeginning = 3;

    /// <summary>The words that are searched for.</summary>
    public static string[] WordsOf(string query) => [.. query
        .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        .SelectMany(word => word.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        .Where(word => word.EnumerateRunes().Any(System.Text.Rune.IsLetterOrDigit))
        .Distinct()
        .Take(MostWords)];

    /// <summary>Every word must occur, whole or as the parts of an identifier; or others that begin with it. Null when there is nothing to search for.</summary>
    public static string? All(string query, bool begun, FullTextSyntax syntax)
    {
        // One or two letters begin nearly everything.
        string Term(string word) => syntax.Phrase(word, begun && word.Length >= ShortestBeginning);
        var terms = WordsOf(query).Select(word =>
        {
            var parts = string.Join(' ', Words.Split(word));
            return parts.Length == 0 || parts.Equals(word, StringComparison.OrdinalIgnoreCase) ? Term(word) : $"({Term(word)}{syntax.Or}{Term(parts)})";
        }).ToArray();
        return terms.Length == 0 ? null : string.Join(syntax.And, terms);
    }

    /// <summary>Any of the stems must occur.</summary>
    public static string Any(IEnumerable<string> stems, FullTextSyntax syntax) => string.Join(syntax.Or, stems.Select(stem => syntax.Phrase(stem, IsBeginning(stem))));

    /// <summary>
    /// All words and parts of words, in lower case and without the endings of English. Words such as "the" are left out if others
    /// remain: rare in code, they would count as if they said much.
    /// </summary>
    public static IReadOnlyCollection<string> Stems(string query)
    {
        string[] stems = [.. WordsOf(query).SelectMany(Words.Split).Select(Words.Stem).Distinct()];
        return Array.Exists(stems, stem => !CommonWords.IsEnglish(stem)) ? [.. stems.Where(stem => !CommonWords.IsEnglish(stem))] : stems;
    }

    /// <summary>Whether a stem stands for whatever begins with it.</summary>
    public static bool IsBeginning(string stem) => stem.Length >= ShortestStem;

    /// <summary>Whether a word is in a text, whole or in its parts, without regard to case and endings.</summary>
    public static bool IsIn(string word, string text) => text.Contains(word, StringComparison.OrdinalIgnoreCase)
        || (Words.Split(word).Select(Words.Stem).ToArray() is { Length: > 0 } parts && Array.TrueForAll(parts, part => text.Contains(part, StringComparison.OrdinalIgnoreCase)));
}
