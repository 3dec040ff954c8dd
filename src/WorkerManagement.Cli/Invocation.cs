using System.Globalization;
using System.Text;
using System.Text.Json;
using WorkerManagement.Cli.Output;

namespace WorkerManagement.Cli;

/// <summary>One call of the command: where, and how it answers. The answer goes to standard output, everything else to standard error.</summary>
internal sealed record Invocation(string StateDirectory, bool Json, TextWriter Out, TextWriter Error)
{
    /// <summary>Names alone in tables, and no word where all went well.</summary>
    public bool Quiet { get; init; }

    /// <summary>Whether a table has a line of column names.</summary>
    public bool Headers { get; init; } = true;

    /// <summary>What standard output is.</summary>
    public Screen Screen { get; init; } = Screen.Plain;

    /// <summary>The answer, or a confirmation that nobody needs with <c>-q</c>: <see cref="Confirm"/>.</summary>
    public int Say(string text)
    {
        Out.WriteLine(text);
        return ExitCodes.Done;
    }

    /// <summary>Says that it was done; with <c>-q</c> the exit code does.</summary>
    public int Confirm(string text) => Quiet ? ExitCodes.Done : Say(text);

    public int Wrong(string text)
    {
        Error.WriteLine($"workers: {text}");
        return ExitCodes.Usage;
    }

    public int Fail(string text)
    {
        Error.WriteLine($"workers: {text}");
        return ExitCodes.Failed;
    }

    public int PrintJson(JsonDocument document) => Say(document.RootElement.GetRawText());

    public int PrintValue(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Say(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    /// <summary>Rows of which the first cell is the name.</summary>
    public int PrintTable(string[] head, IReadOnlyList<Cell[]> rows, params ReadOnlySpan<int> dispensable)
    {
        // One write: a thousand lines are not a thousand system calls.
        var lines = Quiet ? rows.Select(row => row[0].Text) : Table.Lines(Headers ? head : null, rows, Screen, dispensable);
        Out.Write(string.Concat(lines.Select(line => line + '\n')));
        return ExitCodes.Done;
    }

    public int PrintPlan(JsonElement plan)
    {
        var wave = 1;
        foreach (var workers in plan.GetProperty("waves").EnumerateArray())
        {
            Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{wave++}. ") + string.Join(", ", workers.EnumerateArray().Select(worker => $"{worker.GetProperty("name").GetString()} [{worker.GetProperty("ladder").GetString()}]")));
        }

        return Say($"at worst {plan.GetProperty("worst_case_seconds")} s until force has done its work");
    }
}
