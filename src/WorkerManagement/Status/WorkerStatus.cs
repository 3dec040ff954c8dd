using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>One worker, at one moment. Immutable.</summary>
public sealed record WorkerStatus
{
    /// <summary>The type.</summary>
    [JsonPropertyName("type")]
    public required string Type { get; init; }

    /// <summary>The leader's pid; null where no process runs or ever ran.</summary>
    [JsonPropertyName("pid")]
    public int? Pid { get; init; }

    /// <summary>The name.</summary>
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    /// <summary>True only for a live, non-zombie process of the registered identity (or a running queue or in-process worker).</summary>
    [JsonPropertyName("alive")]
    public bool Alive { get; init; }

    /// <summary>When it was registered or its spec was given. Unix seconds in JSON.</summary>
    [JsonPropertyName("registered_at"), JsonConverter(typeof(UnixSecondsConverter))]
    public DateTimeOffset RegisteredAt { get; init; }

    /// <summary>What is.</summary>
    [JsonPropertyName("state")]
    public WorkerState State { get; init; }

    /// <summary>When the state began. Unix seconds in JSON.</summary>
    [JsonPropertyName("since"), JsonConverter(typeof(UnixSecondsConverter))]
    public DateTimeOffset Since { get; init; }

    /// <summary>Why it is in this state, in a sentence.</summary>
    [JsonPropertyName("why")]
    public string Why { get; init; } = "";

    /// <summary>What is wanted.</summary>
    [JsonPropertyName("desired")]
    public DesiredState Desired { get; init; }

    /// <summary>Whether it can serve.</summary>
    [JsonPropertyName("ready")]
    public bool Ready { get; init; }

    /// <summary><c>healthy</c>, <c>unhealthy</c> or <c>unknown</c>, and why where there is more to say.</summary>
    [JsonPropertyName("health")]
    public string Health { get; init; } = "unknown";

    /// <summary>The worker's own <c>STATUS=</c> line, when it sent one.</summary>
    [JsonPropertyName("status_text")]
    public string? StatusText { get; init; }

    /// <summary>Which run this is; grows with every start and never shrinks.</summary>
    [JsonPropertyName("incarnation")]
    public long Incarnation { get; init; }

    /// <summary>When this run began. Unix seconds in JSON, null when it never ran.</summary>
    [JsonPropertyName("started_at"), JsonConverter(typeof(UnixSecondsConverter))]
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>How the last run ended; null while none has.</summary>
    [JsonPropertyName("exit")]
    public WorkerExit? Exit { get; init; }

    /// <summary>How many times the manager restarted it.</summary>
    [JsonPropertyName("restarts")]
    public int Restarts { get; init; }

    /// <summary><c>cgroup</c>, <c>tag</c>, <c>descendants</c> or <c>none</c>.</summary>
    [JsonPropertyName("containment")]
    public string Containment { get; init; } = "none";

    /// <summary>How many processes it had when the guard last counted; 1 for a leader alone.</summary>
    [JsonPropertyName("members")]
    public int Members { get; init; }

    /// <summary>Bytes of its output that the disk did not take, since its spec was given.</summary>
    [JsonPropertyName("log_bytes_dropped")]
    public long LogBytesDropped { get; init; }

    /// <summary><c>true</c> when the manager started it; <c>false</c> when it was registered.</summary>
    [JsonPropertyName("managed")]
    public bool Managed { get; init; }

    /// <summary>What it needs before it is started: names, each with what must hold of it.</summary>
    [JsonPropertyName("depends_on")]
    public IReadOnlyDictionary<string, DependencyCondition> DependsOn { get; init; } = new Dictionary<string, DependencyCondition>();

    /// <summary>Free data.</summary>
    [JsonPropertyName("metadata")]
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
