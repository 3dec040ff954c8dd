using System.Text.Json;

namespace WorkerManagement.Cli.Top;

/// <summary>One worker as <c>top</c> shows it.</summary>
/// <param name="Name">The worker.</param>
/// <param name="Type">Its type.</param>
/// <param name="State">Its state.</param>
/// <param name="Ready">Whether it can serve.</param>
/// <param name="Pid">The leader; null where none lives.</param>
/// <param name="Members">How many processes.</param>
/// <param name="CpuPercent">Of one processor, all members, since the sample before; null where there is none of the same run.</param>
/// <param name="MemoryBytes">Resident, all members.</param>
/// <param name="Restarts">How often the manager restarted it.</param>
/// <param name="UptimeSeconds">Since its process started; null where none lives.</param>
/// <param name="Why">Why it is in this state.</param>
internal sealed record TopRow(string Name, string Type, string State, bool Ready, int? Pid, int Members, double? CpuPercent, long MemoryBytes, int Restarts, double? UptimeSeconds, string Why)
{
    /// <summary>What it said last.</summary>
    public string LastLine { get; init; } = "";

    /// <summary>The rows of a status and two samples of what is used. Pure.</summary>
    /// <param name="status">What <c>GET /v1/status</c> says.</param>
    /// <param name="before">An earlier <c>GET /v1/usage</c>; null for none.</param>
    /// <param name="now">The present one.</param>
    /// <param name="between">The time between the two.</param>
    /// <param name="at">The time of the status.</param>
    public static List<TopRow> From(JsonElement status, JsonElement? before, JsonElement now, TimeSpan between, DateTimeOffset at)
    {
        var earlier = before is { } sample ? ByRun(sample) : [];
        var present = ByRun(now);
        return [.. status.GetProperty("workers").EnumerateArray().Select(worker => Row(worker, earlier, present, between, at))];
    }

    private static TopRow Row(JsonElement worker, Dictionary<(string, int?), (int, double, long)> earlier, Dictionary<(string, int?), (int, double, long)> present, TimeSpan between, DateTimeOffset at)
    {
        // A run has its leader's pid, and the next one another.
        var run = (worker.GetProperty("name").GetString()!, Leader(worker));
        var alive = worker.GetProperty("alive").GetBoolean();
        var (members, cpu, memory) = present.GetValueOrDefault(run);

        // A member that ended takes its time with it: then it was little, not negative.
        double? percent = earlier.TryGetValue(run, out var last) && present.ContainsKey(run) && between > TimeSpan.Zero ? Math.Max(0, (cpu - last.Item2) / between.TotalSeconds * 100) : null;
        return new(
            run.Item1,
            worker.GetProperty("type").GetString()!,
            worker.GetProperty("state").GetString()!,
            worker.GetProperty("ready").GetBoolean(),
            alive ? run.Item2 : null,
            members,
            percent,
            memory,
            worker.GetProperty("restarts").GetInt32(),
            alive && worker.GetProperty("started_at") is { ValueKind: JsonValueKind.Number } started ? Math.Max(0, (at - DateTimeOffset.UnixEpoch).TotalSeconds - started.GetDouble()) : null,
            worker.GetProperty("why").GetString()!);
    }

    private static Dictionary<(string, int?), (int Members, double Cpu, long Memory)> ByRun(JsonElement usage) => usage.GetProperty("workers").EnumerateArray().ToDictionary(
        worker => (worker.GetProperty("name").GetString()!, Leader(worker)),
        worker => (worker.GetProperty("members").GetArrayLength(), worker.GetProperty("cpu_seconds").GetDouble(), worker.GetProperty("rss_bytes").GetInt64()));

    private static int? Leader(JsonElement worker) => worker.GetProperty("pid") is { ValueKind: JsonValueKind.Number } pid ? pid.GetInt32() : null;
}
