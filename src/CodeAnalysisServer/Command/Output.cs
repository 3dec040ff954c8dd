using System.Text.Json;

namespace CodeAnalysisServer.Command;

/// <summary>What the command prints: answers to standard output, everything else to standard error. Lines are cut to the terminal's width, and whole when piped.</summary>
internal sealed class Output(bool json)
{
    private readonly int _width = Console.IsOutputRedirected ? int.MaxValue : Math.Max(20, Console.WindowWidth);

    /// <summary>Whether answers are JSON.</summary>
    public bool Json => json;

    /// <summary>The whole answer, as JSON.</summary>
    public static void Write(JsonElement answer) => Console.WriteLine(answer.GetRawText());

    /// <summary>For whoever watches.</summary>
    public static void Note(string text) => Console.Error.WriteLine($"({TerminalText.Of(text)})");

    /// <summary>That a list is empty, who answered, and how to see what an answer left.</summary>
    public static void Foot(JsonElement answer, string list, string by)
    {
        if (answer.GetProperty(list).GetArrayLength() == 0)
        {
            Note("nothing was found");
        }

        Note(by);
        More(answer);
    }

    /// <summary>How to see what an answer left.</summary>
    private static void More(JsonElement answer)
    {
        if (answer.TryGetProperty("next_cursor", out var cursor) && cursor.GetString() is { } next)
        {
            Note($"there is more: --cursor {next}");
        }
    }

    /// <summary>One line.</summary>
    public void Line(string text)
    {
        var safe = TerminalText.Of(text.Replace("\t", "    ", StringComparison.Ordinal));
        Console.WriteLine(safe.Length <= _width ? safe : safe[..(_width - 1)] + "…");
    }

    /// <summary>Columns under their names.</summary>
    public void Table(IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows)
    {
        IReadOnlyList<string>[] all = [head, .. rows];
        var widths = Enumerable.Range(0, head.Count).Select(column => all.Max(row => row[column].Length)).ToArray();
        foreach (var row in all)
        {
            Line(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }

    /// <summary>Hits with their snippets.</summary>
    public void Hits(JsonElement hits)
    {
        foreach (var hit in hits.EnumerateArray())
        {
            var (start, end) = (hit.GetProperty("start_line").GetInt32(), hit.GetProperty("end_line").GetInt32());
            var why = string.Join(", ", hit.GetProperty("matched").GetProperty("words").EnumerateArray().Select(matched => matched.GetString()));
            Line($"{hit.GetProperty("path").GetString()}:{start}{(end > start ? $"-{end}" : "")}  {hit.GetProperty("score").GetRawText()}{(why.Length > 0 ? $"  ({why})" : "")}");
            foreach (var line in hit.GetProperty("snippet").GetString()!.Split('\n'))
            {
                Line("    " + line);
            }
        }
    }
}
