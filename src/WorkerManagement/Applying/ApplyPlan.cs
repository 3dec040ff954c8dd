using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>What would be done to bring the managed workers to a set of specs, in the order in which it would be done. Nothing is done yet.</summary>
public sealed record ApplyPlan
{
    /// <summary>The steps: updates in place, then what is added, then what is replaced, one after the other, then what is removed.</summary>
    [JsonPropertyName("steps")]
    public IReadOnlyList<ApplyStep> Steps { get; init; } = [];

    /// <summary>How many workers stay as they are.</summary>
    [JsonPropertyName("unchanged")]
    public int Unchanged { get; init; }

    /// <summary>The longest that it can take: every stop up to force, every start up to its readiness timeout. Seconds in JSON.</summary>
    [JsonPropertyName("worst_case_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan WorstCase { get; init; }
}

/// <summary>What is done with one worker.</summary>
public sealed record ApplyStep
{
    /// <summary>The worker.</summary>
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    /// <summary>Its type.</summary>
    [JsonPropertyName("type")]
    public required string Type { get; init; }

    /// <summary>What is done.</summary>
    [JsonPropertyName("action")]
    public ApplyAction Action { get; init; }

    /// <summary>The keys of its configuration that differ.</summary>
    [JsonPropertyName("changed")]
    public IReadOnlyList<string> Changed { get; init; } = [];

    /// <summary>What came of it.</summary>
    [JsonPropertyName("outcome")]
    public ApplyOutcome Outcome { get; init; }

    /// <summary>Why it did not succeed; null when it did.</summary>
    [JsonPropertyName("reason")]
    public string? Reason { get; init; }
}

/// <summary>What is done with a worker whose configuration is not what is asked for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ApplyAction>))]
public enum ApplyAction
{
    /// <summary>It takes effect without touching the process.</summary>
    Update = 0,

    /// <summary>It is new and started.</summary>
    Add = 1,

    /// <summary>It is stopped and started as it should be.</summary>
    Replace = 2,

    /// <summary>It is stopped and leaves the registry.</summary>
    Remove = 3,
}

/// <summary>What came of a step.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ApplyOutcome>))]
public enum ApplyOutcome
{
    /// <summary>Not begun: a plan, or a step after one that failed.</summary>
    NotBegun = 0,

    /// <summary>As it should be.</summary>
    Done = 1,

    /// <summary>The new one did not come up; what was there before is there again.</summary>
    Restored = 2,

    /// <summary>Neither the new one nor what was before; the reason says what is.</summary>
    Failed = 3,
}
