namespace CodeAnalysisServer.Storage;

/// <summary>Words as people search for them: <c>HttpClientFactory</c> is http, client and factory.</summary>
public static class Words
{
    private const int ShortestStem = 4;

    /// <summary>
    /// The parts of those tokens that have parts: what is to be indexed beside the text itself. The full-text tokenizer takes a run
    /// of letters and digits as one word, so only case changes and digits within one hide anything from it.
    /// </summary>
    public static IEnumerable<string> PartsWithin(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = start;
            while (end < text.Length && char.IsLetterOrDigit(text[end]))
            {
                end++;
            }

            if (end - start > 2 && HasParts(text.AsSpan(start, end - start)))
            {
                foreach (var part in Split(text[start..end]))
                {
                    yield return part;
                }
            }

            start = end + 1;
        }
    }

    /// <summary>A lower-case word without its English ending, as far as what is left begins the other forms too: <c>returns</c>, <c>returned</c> and <c>returning</c> are return.</summary>
    public static string Stem(string word)
    {
        foreach (var ending in (ReadOnlySpan<string>)["ations", "ation", "ings", "ing", "ies", "ied", "ers", "er", "ed", "es", "s", "e", "y"])
        {
            if (word.Length - ending.Length >= ShortestStem && word.EndsWith(ending, StringComparison.Ordinal))
            {
                return word[..^ending.Length];
            }
        }

        return word;
    }

    private static bool HasParts(ReadOnlySpan<char> token)
    {
        var (upper, lower) = (0, 0);
        for (var i = 1; i < token.Length; i++)
        {
            upper += char.IsUpper(token[i]) ? 1 : 0;
            lower += char.IsLower(token[i]) ? 1 : 0;
        }

        return (upper > 0 && lower > 0) || !(upper + lower == token.Length - 1 && char.IsLetter(token[0]));
    }

    /// <summary>Lower-case words of a text; identifiers are split at case changes, digits and underscores.</summary>
    public static IEnumerable<string> Split(string text)
    {
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            var letter = i < text.Length && char.IsLetter(text[i]);
            var boundary = letter && start >= 0 && char.IsUpper(text[i])
                && (char.IsLower(text[i - 1]) || (i + 1 < text.Length && char.IsLower(text[i + 1])));
            if (start >= 0 && (!letter || boundary))
            {
                if (i - start > 1)
                {
                    yield return text[start..i].ToLowerInvariant();
                }

                start = -1;
            }

            if (letter && start < 0)
            {
                start = i;
            }
        }
    }
}
