namespace CodeAnalysisServer.Storage;

/// <summary>Words as people search for them: <c>HttpClientFactory</c> is http, client and factory.</summary>
public static class Words
{
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
