using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>How the stop of one type went: the seed's keys, and each worker beside them.</summary>
public sealed record StopTypeReport
{
    /// <summary>True when every worker is settled.</summary>
    [JsonPropertyName("success")]
    public bool Success { get; init; }

    /// <summary>How many are settled.</summary>
    [JsonPropertyName("stopped")]
    public int Stopped { get; init; }

    /// <summary>How many are not.</summary>
    [JsonPropertyName("failed")]
    public int Failed { get; init; }

    /// <summary>One sentence for each that is not settled.</summary>
    [JsonPropertyName("errors")]
    public IReadOnlyList<string> Errors { get; init; } = [];

    /// <summary>The whole in a sentence.</summary>
    [JsonPropertyName("message")]
    public string Message { get; init; } = "";

    /// <summary>Each worker.</summary>
    [JsonPropertyName("workers")]
    public IReadOnlyList<WorkerStopReport> Workers { get; init; } = [];
}
