namespace CodeAnalysisServer.Analysis.Queries;

/// <summary>A file as it is on the disk, for answers that show it.</summary>
internal sealed class Source
{
    private const int Widest = 240;

    private Source(string text) => (Text, Lines) = (text, new(text));

    public string Text { get; }

    public LineMap Lines { get; }

    /// <summary>Null when it is gone or not to be read: its rows are about to go too.</summary>
    public static Source? TryRead(string root, string path)
    {
        try
        {
            return new(File.ReadAllText(Path.Combine(root, path)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Of a text that is at hand.</summary>
    public static Source Of(string text) => new(text);

    /// <summary>The line of a position, bounded.</summary>
    public string SnippetAt(int position)
    {
        var line = Lines.LineOf(position);
        var text = Lines.Text(Text, line);
        var from = text.Length <= Widest ? 0 : Math.Clamp(position - Lines.StartOf(line) - Widest / 2, 0, text.Length - Widest);
        return text.Substring(from, Math.Min(Widest, text.Length - from)).Trim();
    }
}
