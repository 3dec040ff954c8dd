using System.Text.Json;

namespace WorkerManagement.Cli.Output;

/// <summary>Workers as <c>status</c> shows them.</summary>
internal static class WorkerTable
{
    public static readonly string[] Head = ["NAME", "TYPE", "STATE", "READY", "PID", "RESTARTS", "CONTAINMENT", "WHY"];

    /// <summary>Containment, type, restarts: what a narrow terminal does without.</summary>
    public static readonly int[] Dispensable = [6, 1, 5];

    public static Cell[] Row(JsonElement worker) =>
    [
        worker.GetProperty("name").GetString()!,
        worker.GetProperty("type").GetString()!,
        State(worker),
        worker.GetProperty("ready").GetBoolean() ? "yes" : "no",
        worker.GetProperty("alive").GetBoolean() && worker.GetProperty("pid") is { ValueKind: JsonValueKind.Number } pid ? pid.ToString() : "-",
        worker.GetProperty("restarts").ToString(),
        worker.GetProperty("containment").GetString()!,
        worker.GetProperty("why").GetString()!,
    ];

    /// <summary>The state in the colour of its meaning.</summary>
    public static Cell State(JsonElement worker)
    {
        var state = worker.GetProperty("state").GetString()!;
        return new(state, state switch
        {
            "Running" when worker.GetProperty("ready").GetBoolean() => Tone.Good,
            "GaveUp" => Tone.Bad,
            "Stopped" => Tone.Dim,
            _ => Tone.Warn,
        });
    }
}
