using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>How the stop of everything went.</summary>
public sealed record StopAllReport
{
    /// <summary>True when every worker is settled.</summary>
    [JsonPropertyName("success")]
    public bool Success { get; init; }

    /// <summary>How many are settled.</summary>
    [JsonPropertyName("total_stopped")]
    public int TotalStopped { get; init; }

    /// <summary>How many are not.</summary>
    [JsonPropertyName("total_failed")]
    public int TotalFailed { get; init; }

    /// <summary>Each type.</summary>
    [JsonPropertyName("by_type")]
    public IReadOnlyDictionary<string, StopTypeReport> ByType { get; init; } = new Dictionary<string, StopTypeReport>();

    /// <summary>One sentence for each that is not settled.</summary>
    [JsonPropertyName("errors")]
    public IReadOnlyList<string> Errors { get; init; } = [];

    /// <summary>The whole in a sentence.</summary>
    [JsonPropertyName("message")]
    public string Message { get; init; } = "";
}
