using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>What the workers use at one moment: read when asked for, never beforehand.</summary>
public sealed record UsageReport
{
    /// <summary>When it was read. Unix seconds in JSON.</summary>
    [JsonPropertyName("at"), JsonConverter(typeof(UnixSecondsConverter))]
    public DateTimeOffset At { get; init; }

    /// <summary>Each worker that has a process, in the order of its start.</summary>
    [JsonPropertyName("workers")]
    public IReadOnlyList<WorkerUsage> Workers { get; init; } = [];
}

/// <summary>One worker of a <see cref="UsageReport"/>.</summary>
public sealed record WorkerUsage
{
    /// <summary>The name.</summary>
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    /// <summary>The leader's pid.</summary>
    [JsonPropertyName("pid")]
    public int? Pid { get; init; }

    /// <summary>CPU time of this run: of its members, and of those that ended and were waited for by a member. Seconds in JSON.</summary>
    [JsonPropertyName("cpu_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan CpuTime { get; init; }

    /// <summary>Resident memory of all members in bytes; pages that they share count in each.</summary>
    [JsonPropertyName("rss_bytes")]
    public long ResidentBytes { get; init; }

    /// <summary>Each live process of it, the leader first.</summary>
    [JsonPropertyName("members")]
    public IReadOnlyList<MemberUsage> Members { get; init; } = [];
}

/// <summary>One process of a worker.</summary>
public sealed record MemberUsage
{
    /// <summary>The pid.</summary>
    [JsonPropertyName("pid")]
    public int Pid { get; init; }

    /// <summary>The parent's pid: another member's, or that of the guard.</summary>
    [JsonPropertyName("ppid")]
    public int ParentPid { get; init; }

    /// <summary>The program's name as the kernel has it, up to 15 bytes.</summary>
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    /// <summary>User and system time of its own. Seconds in JSON.</summary>
    [JsonPropertyName("cpu_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan CpuTime { get; init; }

    /// <summary>Resident memory in bytes.</summary>
    [JsonPropertyName("rss_bytes")]
    public long ResidentBytes { get; init; }
}
