using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>What the workers use at one moment, each with all its members. Read when asked for: an idle manager reads nothing.</summary>
public sealed record UsageReport
{
    /// <summary>Each worker that has a process.</summary>
    [JsonPropertyName("workers")]
    public IReadOnlyList<WorkerUsage> Workers { get; init; } = [];
}

/// <summary>What one worker uses.</summary>
public sealed record WorkerUsage
{
    /// <summary>The worker.</summary>
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    /// <summary>The run that this is of.</summary>
    [JsonPropertyName("incarnation")]
    public long Incarnation { get; init; }

    /// <summary>How many processes.</summary>
    [JsonPropertyName("members")]
    public int Members { get; init; }

    /// <summary>Processor time of the members that live now, and of those that they waited for. Seconds in JSON.</summary>
    [JsonPropertyName("cpu_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan Cpu { get; init; }

    /// <summary>Resident memory of the members, added up: what they share counts for each.</summary>
    [JsonPropertyName("memory_bytes")]
    public long MemoryBytes { get; init; }
}
