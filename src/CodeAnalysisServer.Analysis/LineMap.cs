namespace CodeAnalysisServer.Analysis;

/// <summary>Where the lines of a text begin. A line ends with LF, as in chunks; Roslyn's own lines end with more than that.</summary>
internal sealed class LineMap
{
    private readonly int[] _starts;
    private readonly int _length;

    public LineMap(string text)
    {
        _length = text.Length;
        _starts = new int[text.AsSpan().Count('\n') + 1];
        var line = 1;
        for (var at = text.IndexOf('\n'); at >= 0; at = text.IndexOf('\n', at + 1))
        {
            _starts[line++] = at + 1;
        }
    }

    /// <summary>The line of a position, from 1.</summary>
    public int LineOf(int position)
    {
        var found = Array.BinarySearch(_starts, position);
        return found >= 0 ? found + 1 : ~found;
    }

    /// <summary>Where a line begins.</summary>
    public int StartOf(int line) => _starts[line - 1];

    /// <summary>How many; an end of line at the end begins an empty one.</summary>
    public int Count => _starts.Length;

    /// <summary>Where a line ends, its LF included.</summary>
    public int EndOf(int line) => line < _starts.Length ? _starts[line] : _length;

    /// <summary>A line without its end.</summary>
    public string Text(string text, int line)
    {
        var end = line < _starts.Length ? _starts[line] - 1 : text.Length;
        return text[_starts[line - 1]..end].TrimEnd('\r');
    }
}
