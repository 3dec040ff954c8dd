using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>How one worker's stop went.</summary>
public sealed record WorkerStopReport
{
    /// <summary>The name.</summary>
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    /// <summary>The type.</summary>
    [JsonPropertyName("type")]
    public required string Type { get; init; }

    /// <summary>The leader's pid.</summary>
    [JsonPropertyName("pid")]
    public int? Pid { get; init; }

    /// <summary><c>cooperative</c>, <c>forced</c>, <c>already gone</c> or <c>not settled</c>.</summary>
    [JsonPropertyName("outcome")]
    public required string Outcome { get; init; }

    /// <summary>How the leader ended.</summary>
    [JsonPropertyName("exit")]
    public WorkerExit? Exit { get; init; }

    /// <summary>From the request to settled. Seconds in JSON.</summary>
    [JsonPropertyName("seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan Duration { get; init; }

    /// <summary>How many members SIGKILL was sent to.</summary>
    [JsonPropertyName("members_killed")]
    public int MembersKilled { get; init; }

    /// <summary>Why force was needed, or what is not settled; null for a cooperative stop.</summary>
    [JsonPropertyName("reason")]
    public string? Reason { get; init; }

    /// <summary>The pids that are not known to be dead.</summary>
    [JsonPropertyName("unsettled")]
    public IReadOnlyList<int> Unsettled { get; init; } = [];
}
