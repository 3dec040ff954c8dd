using System.Globalization;
using System.Text;
using System.Text.Json;

namespace WorkerManagement.Cli;

/// <summary>One call of the command: where, and how it answers. The answer goes to standard output, everything else to standard error.</summary>
internal sealed record Invocation(string StateDirectory, bool Json, TextWriter Out, TextWriter Error)
{
    public int Say(string text)
    {
        Out.WriteLine(text);
        return ExitCodes.Done;
    }

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

    public int PrintTable(JsonElement workers)
    {
        return PrintRows(
        [
            ["NAME", "TYPE", "STATE", "READY", "PID", "RESTARTS", "CONTAINMENT", "WHY"],
            .. workers.EnumerateArray().Select(worker => new[]
            {
                worker.GetProperty("name").GetString()!,
                worker.GetProperty("type").GetString()!,
                worker.GetProperty("state").GetString()!,
                worker.GetProperty("ready").GetBoolean() ? "yes" : "no",
                worker.GetProperty("alive").GetBoolean() ? worker.GetProperty("pid").ToString() : "-",
                worker.GetProperty("restarts").ToString(),
                worker.GetProperty("containment").GetString()!,
                worker.GetProperty("why").GetString()!,
            }),
        ]);
    }

    /// <summary>A table, its head first.</summary>
    public int PrintRows(string[][] rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            Out.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }

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
