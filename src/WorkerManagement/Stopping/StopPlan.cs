using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>What a stop would do, without doing it.</summary>
public sealed record StopPlan
{
    /// <summary>The waves, in order: the workers of a wave are signalled together.</summary>
    [JsonPropertyName("waves")]
    public IReadOnlyList<IReadOnlyList<StopPlanWorker>> Waves { get; init; } = [];

    /// <summary>The longest that it can take until force has done its work. Seconds in JSON.</summary>
    [JsonPropertyName("worst_case_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan WorstCase { get; init; }
}

/// <summary>One worker of a <see cref="StopPlan"/>.</summary>
public sealed record StopPlanWorker
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

    /// <summary>How many processes would go.</summary>
    [JsonPropertyName("members")]
    public int Members { get; init; }

    /// <summary>The ladder in words, such as <c>SIGTERM 10s, SIGKILL</c>.</summary>
    [JsonPropertyName("ladder")]
    public required string Ladder { get; init; }

    /// <summary>Until force begins. Seconds in JSON.</summary>
    [JsonPropertyName("grace_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan Grace { get; init; }
}
