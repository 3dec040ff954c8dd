using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>Something that the manager did and nobody asked for.</summary>
public sealed record Incident
{
    /// <summary>When. Unix seconds in JSON.</summary>
    [JsonPropertyName("at"), JsonConverter(typeof(UnixSecondsConverter))]
    public DateTimeOffset At { get; init; }

    /// <summary><c>restart</c>, <c>forced_kill</c>, <c>gave_up</c>, <c>leftover_reaped</c>, <c>guard_lost</c>, <c>not_settled</c>, <c>watchdog</c>, <c>not_ready</c>, <c>log_failure</c>, <c>log_recovered</c>, <c>journal_failure</c>, <c>capsule_failure</c>.</summary>
    [JsonPropertyName("kind")]
    public required string Kind { get; init; }

    /// <summary>Which worker, where it concerns one.</summary>
    [JsonPropertyName("worker")]
    public string? Worker { get; init; }

    /// <summary>What happened and why, in a sentence.</summary>
    [JsonPropertyName("reason")]
    public required string Reason { get; init; }
}
