using CodeAnalysisServer.Analysis;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>A piece of a file: whole lines, or a part of one long line. Lines count from 1, as editors do: a line ends with LF or CRLF.</summary>
/// <param name="Entity">The place of the entity whose lines these are, in the file's facts; null for what lies between.</param>
internal sealed record Chunk(int StartLine, int EndLine, string Text, int? Entity = null);

/// <summary>
/// Cuts a text into chunks that are bounded in lines and in characters. Each line belongs to the innermost entity around it that has
/// chunks of its own, so that a method is not mixed with its neighbours, and every line with a letter in it is in exactly one chunk.
/// </summary>
internal static class Chunker
{
    /// <summary>Most lines in a chunk.</summary>
    public const int MostLines = 40;

    /// <summary>Most characters in a chunk; a longer line is cut, between words where there is a space near.</summary>
    public const int MostCharacters = 8000;

    private const int NearSpace = 200;

    // Too small or too many to be found by themselves: they are read with the type that has them.
    private static readonly HashSet<string> Whole =
    [
        "class", "struct", "interface", "record", "record_struct", "enum", "extension", "delegate", "method", "constructor", "destructor", "operator", "conversion", "indexer", "top_level",
        "function", "trait", "implementation", "module", "subroutine", "procedure", "func", "type", "union", "singletonMethod", "generator", "getter", "setter", "macro",
    ];

    /// <summary>All chunks that have something in them, of a text of which nothing more is known.</summary>
    public static IEnumerable<Chunk> Cut(string text) => Cut(text, []);

    /// <summary>All chunks that have something in them.</summary>
    public static IEnumerable<Chunk> Cut(string text, IReadOnlyList<EntityFact> entities)
    {
        var lines = new Lines(text);
        var owners = Owners(lines, entities);
        for (var first = 0; first < lines.Count;)
        {
            var last = first;
            while (last + 1 < lines.Count && owners[last + 1] == owners[first] && last + 1 - first < MostLines && lines.Length(first, last + 1) <= MostCharacters)
            {
                last++;
            }

            foreach (var part in Parts(lines.Text(first, last)))
            {
                if (!string.IsNullOrWhiteSpace(part))
                {
                    yield return new(first + 1, last + 1, part, owners[first] < 0 ? null : owners[first]);
                }
            }

            first = last + 1;
        }
    }

    private static int[] Owners(Lines lines, IReadOnlyList<EntityFact> entities)
    {
        var owners = new int[lines.Count];
        Array.Fill(owners, -1);
        for (var i = 0; i < entities.Count; i++)
        {
            var entity = entities[i];
            // Enclosing ones come before what they hold, which so takes its lines from them.
            if (Whole.Contains(entity.Kind) || (entity.EndLine > entity.FirstLine && entity.Kind is "property" or "event" or "member"))
            {
                var (from, to) = (Math.Clamp(entity.FirstLine - 1, 0, lines.Count), Math.Clamp(entity.EndLine, 0, lines.Count));
                Array.Fill(owners, i, from, Math.Max(to - from, 0));
            }
        }

        // Lines without a letter (braces, blank ones) go with what is before them: they are no chunk by themselves.
        for (var line = 1; line < lines.Count; line++)
        {
            if (owners[line] != owners[line - 1] && !lines[line].ContainsAnyLetterOrDigit())
            {
                owners[line] = owners[line - 1];
            }
        }

        return owners;
    }

    private static bool ContainsAnyLetterOrDigit(this ReadOnlySpan<char> line)
    {
        foreach (var character in line)
        {
            if (char.IsLetterOrDigit(character) || char.IsSurrogate(character))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<string> Parts(string text)
    {
        for (var from = 0; from < text.Length;)
        {
            var to = Math.Min(text.Length, from + MostCharacters);
            if (to < text.Length)
            {
                var space = text.LastIndexOf(' ', to - 1, NearSpace);
                to = space > from ? space + 1 : char.IsLowSurrogate(text[to]) ? to - 1 : to;
            }

            yield return from == 0 && to == text.Length ? text : text[from..to];
            from = to;
        }
    }

    // What follows the last line's end is no line.
    private sealed class Lines
    {
        private readonly string _text;
        private readonly int[] _starts;

        public Lines(string text)
        {
            var end = text.EndsWith('\n') ? text.Length - 1 : text.Length;
            (_text, _starts) = (text, new int[text.AsSpan(0, end).Count('\n') + 2]);
            var line = 1;
            for (var at = text.IndexOf('\n', 0, end); at >= 0; at = text.IndexOf('\n', at + 1, end - at - 1))
            {
                _starts[line++] = at + 1;
            }

            _starts[line] = end + 1;
        }

        public int Count => _starts.Length - 1;

        public ReadOnlySpan<char> this[int line] => _text.AsSpan(_starts[line], Length(line, line));

        /// <summary>Characters of some lines, the ends between them included.</summary>
        public int Length(int first, int last) => _starts[last + 1] - 1 - _starts[first];

        /// <summary>Some lines, with LF between.</summary>
        public string Text(int first, int last)
        {
            var text = _text.Substring(_starts[first], Length(first, last));
            return text.Contains('\r', StringComparison.Ordinal) ? string.Join('\n', text.Split('\n').Select(line => line.TrimEnd('\r'))) : text;
        }
    }
}
