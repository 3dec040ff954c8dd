using System.Text;

namespace WorkerManagement.Cli.Output;

/// <summary>A text in a table, and how it is meant.</summary>
internal readonly record struct Cell(string Text, Tone Tone = Tone.Plain)
{
    public static implicit operator Cell(string text) => new(text);
}

/// <summary>Rows in columns. On a terminal a row fits into its width; in a pipe nothing is cut. Pure.</summary>
internal static class Table
{
    private const string Gap = "  ";
    private const int Narrowest = 6, Sentence = 24;

    /// <summary>The lines of a table.</summary>
    /// <param name="head">The columns' names; null for none.</param>
    /// <param name="rows">As many cells each as there are columns.</param>
    /// <param name="screen">Where it is shown.</param>
    /// <param name="dispensable">Columns that go, in this order, where a terminal is too narrow for all.</param>
    public static IEnumerable<string> Lines(string[]? head, IReadOnlyList<Cell[]> rows, Screen screen, params ReadOnlySpan<int> dispensable)
    {
        var shown = rows.Select(row => Array.ConvertAll(row, cell => cell with { Text = Printable(cell.Text) })).ToList();
        if (head is not null)
        {
            shown.Insert(0, Array.ConvertAll(head, name => new Cell(name, Tone.Dim)));
        }

        if (shown.Count == 0)
        {
            return [];
        }

        var widths = Enumerable.Range(0, shown[0].Length).Select(column => shown.Max(row => row[column].Text.Length)).ToArray();
        if (screen.Width is { } width)
        {
            var gone = Without(widths, width, dispensable);
            widths = [.. Kept(widths, gone)];
            shown = shown.ConvertAll(row => (Cell[])[.. Kept(row, gone)]);
            Narrow(widths, width);
        }

        return shown.Select(row => Line(row, widths, screen.Colour));
    }

    /// <summary>A text in one line, without what a terminal would obey.</summary>
    public static string Printable(string text) => ForTerminal.Plain(text, ' ', ' ');

    private static HashSet<int> Without(int[] widths, int available, ReadOnlySpan<int> dispensable)
    {
        var needed = widths[..^1].Sum() + Math.Min(widths[^1], Sentence) + (Gap.Length * (widths.Length - 1));
        var gone = new HashSet<int>();
        foreach (var column in dispensable)
        {
            if (needed > available && gone.Add(column))
            {
                needed -= widths[column] + Gap.Length;
            }
        }

        // Narrower than anybody's terminal: from the last on, but never the name.
        for (var last = widths.Length - 1; last > 0 && Kept(widths, gone).Sum(width => Math.Min(width, Narrowest) + Gap.Length) - Gap.Length > available; last--)
        {
            gone.Add(last);
        }

        return gone;
    }

    private static IEnumerable<T> Kept<T>(IEnumerable<T> columns, HashSet<int> gone) => columns.Index().Where(column => !gone.Contains(column.Index)).Select(column => column.Item);

    // The last column, which holds sentences, gives first; then whichever is widest.
    private static void Narrow(int[] widths, int available)
    {
        var over = widths.Sum() + (Gap.Length * (widths.Length - 1)) - available;
        for (var next = widths.Length - 1; over > 0 && next >= 0;)
        {
            var give = Math.Min(over, widths[next] - Narrowest);
            if (give > 0)
            {
                widths[next] -= give;
                over -= give;
            }

            next = Array.IndexOf(widths, widths.Max());
            if (widths[next] <= Narrowest)
            {
                return;
            }
        }
    }

    private static string Line(Cell[] row, int[] widths, bool colour)
    {
        var line = new StringBuilder();
        var spaces = 0;
        for (var column = 0; column < row.Length; column++)
        {
            var (text, tone) = row[column];
            if (text.Length > widths[column])
            {
                text = text[..(widths[column] - 1)] + '…';
            }

            line.Append(' ', text.Length > 0 ? spaces : 0).Append(colour ? Painted(text, tone) : text);
            spaces = (text.Length > 0 ? 0 : spaces) + widths[column] - text.Length + Gap.Length;
        }

        return line.ToString();
    }

    /// <summary>A text in its colour.</summary>
    public static string Painted(string text, Tone tone) => tone switch
    {
        Tone.Good => $"\e[32m{text}\e[0m",
        Tone.Warn => $"\e[33m{text}\e[0m",
        Tone.Bad => $"\e[31m{text}\e[0m",
        Tone.Dim => $"\e[2m{text}\e[0m",
        _ => text,
    };
}
