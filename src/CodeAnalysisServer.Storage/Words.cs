using System.Text;

namespace CodeAnalysisServer.Storage;

/// <summary>Words as people search for them: <c>HttpClientFactory</c> is http, client and factory.</summary>
public static class Words
{
    private const int ShortestStem = 4;

    /// <summary>What <see cref="AppendPartsWithin"/> appends for a text.</summary>
    public static string PartsWithin(string text)
    {
        var words = new StringBuilder();
        AppendPartsWithin(words, text);
        return words.ToString();
    }

    /// <summary>
    /// Appends the parts of those tokens that have parts, with spaces between: what is to be indexed beside the text itself. The full-text
    /// tokenizer takes a run of letters and digits as one word, so only case changes and digits within one hide anything from it.
    /// </summary>
    public static void AppendPartsWithin(StringBuilder words, ReadOnlySpan<char> text)
    {
        ArgumentNullException.ThrowIfNull(words);
        for (var start = 0; start < text.Length;)
        {
            var end = start;
            while (end < text.Length && char.IsLetterOrDigit(text[end]))
            {
                end++;
            }

            if (end - start > 2 && HasParts(text[start..end]))
            {
                foreach (var part in new PartsOf(text[start..end]))
                {
                    words.Append(words.Length > 0 ? " " : "");
                    foreach (var character in part)
                    {
                        words.Append(char.ToLowerInvariant(character));
                    }
                }
            }

            start = end + 1;
        }
    }

    /// <summary>A lower-case word without its English ending, as far as what is left begins the other forms too: <c>returns</c>, <c>returned</c> and <c>returning</c> are return.</summary>
    public static string Stem(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        return word[..StemOf(word).Length];
    }

    /// <inheritdoc cref="Stem"/>
    internal static ReadOnlySpan<char> StemOf(ReadOnlySpan<char> word)
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
    public static List<string> Split(string text)
    {
        var words = new List<string>();
        foreach (var part in new PartsOf(text))
        {
            words.Add(part.ToString().ToLowerInvariant());
        }

        return words;
    }

    /// <summary>The parts of a text, in their order, as it has them.</summary>
    internal ref struct PartsOf(ReadOnlySpan<char> text)
    {
        private readonly ReadOnlySpan<char> _text = text;
        private int _next;

        public ReadOnlySpan<char> Current { get; private set; }

        public readonly PartsOf GetEnumerator() => this;

        public bool MoveNext()
        {
            while (_next < _text.Length)
            {
                if (!char.IsLetter(_text[_next]))
                {
                    _next++;
                    continue;
                }

                var start = _next++;
                while (_next < _text.Length && char.IsLetter(_text[_next]) && !BeginsPart(_next))
                {
                    _next++;
                }

                if (_next - start > 1)
                {
                    Current = _text[start.._next];
                    return true;
                }
            }

            return false;
        }

        // An upper-case letter after a lower-case one, or the last of several before a lower-case one.
        private readonly bool BeginsPart(int at) => char.IsUpper(_text[at]) && (char.IsLower(_text[at - 1]) || (at + 1 < _text.Length && char.IsLower(_text[at + 1])));
    }
}
