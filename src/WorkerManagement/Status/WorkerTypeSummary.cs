using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>The workers of one type.</summary>
public sealed record WorkerTypeSummary
{
    /// <summary>How many are registered.</summary>
    [JsonPropertyName("count")]
    public int Count { get; init; }

    /// <summary>Their pids, where they have one.</summary>
    [JsonPropertyName("pids")]
    public IReadOnlyList<int> Pids { get; init; } = [];

    /// <summary>Their names.</summary>
    [JsonPropertyName("names")]
    public IReadOnlyList<string> Names { get; init; } = [];
}
