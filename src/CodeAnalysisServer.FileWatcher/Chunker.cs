namespace CodeAnalysisServer.FileWatcher;

/// <summary>A piece of a file: whole lines, or a part of one long line. Lines count from 1, as editors do: a line ends with LF or CRLF.</summary>
internal sealed record Chunk(int StartLine, int EndLine, string Text);

/// <summary>Cuts a text into chunks that are bounded in lines and in characters.</summary>
internal static class Chunker
{
    /// <summary>Most lines in a chunk.</summary>
    public const int MostLines = 40;

    /// <summary>Most characters in a chunk; a longer line is cut, between words where there is a space near.</summary>
    public const int MostCharacters = 8000;

    private const int NearSpace = 200;

    /// <summary>All chunks that have something in them.</summary>
    public static IEnumerable<Chunk> Cut(string text)
    {
        // What follows the last line's end is no line.
        var lines = (text.EndsWith('\n') ? text[..^1] : text).Split('\n');
        for (var first = 0; first < lines.Length;)
        {
            var (last, length) = (first, lines[first].Length);
            while (last + 1 < lines.Length && last + 1 - first < MostLines && length + 1 + lines[last + 1].Length <= MostCharacters)
            {
                last++;
                length += 1 + lines[last].Length;
            }

            foreach (var part in Parts(string.Join('\n', lines[first..(last + 1)].Select(line => line.TrimEnd('\r')))))
            {
                if (!string.IsNullOrWhiteSpace(part))
                {
                    yield return new(first + 1, last + 1, part);
                }
            }

            first = last + 1;
        }
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
}
