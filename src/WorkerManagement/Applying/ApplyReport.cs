using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>What came of bringing the managed workers to a set of specs.</summary>
public sealed record ApplyReport
{
    /// <summary>Whether every step was done.</summary>
    [JsonPropertyName("success")]
    public bool Success { get; init; }

    /// <summary>The same in a sentence.</summary>
    [JsonPropertyName("message")]
    public string Message { get; init; } = "";

    /// <summary>The plan's steps with what came of each.</summary>
    [JsonPropertyName("steps")]
    public IReadOnlyList<ApplyStep> Steps { get; init; } = [];

    /// <summary>How many workers were not touched.</summary>
    [JsonPropertyName("unchanged")]
    public int Unchanged { get; init; }
}
