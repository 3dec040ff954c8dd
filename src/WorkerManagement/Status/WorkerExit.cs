using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>How a run ended. Exactly one of <see cref="Code"/>, <see cref="Signal"/> and <see cref="Lost"/> is set.</summary>
public sealed record WorkerExit
{
    /// <summary>The exit code.</summary>
    [JsonPropertyName("code")]
    public int? Code { get; init; }

    /// <summary>The signal's name, such as <c>SIGKILL</c>.</summary>
    [JsonPropertyName("signal")]
    public string? Signal { get; init; }

    /// <summary>Whether a core was dumped.</summary>
    [JsonPropertyName("core")]
    public bool Core { get; init; }

    /// <summary>Why nobody knows how it ended.</summary>
    [JsonPropertyName("lost")]
    public string? Lost { get; init; }

    /// <summary>When. Unix seconds in JSON.</summary>
    [JsonPropertyName("at"), JsonConverter(typeof(UnixSecondsConverter))]
    public DateTimeOffset At { get; init; }

    /// <summary>User CPU time. Seconds in JSON.</summary>
    [JsonPropertyName("user_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan UserTime { get; init; }

    /// <summary>System CPU time. Seconds in JSON.</summary>
    [JsonPropertyName("system_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan SystemTime { get; init; }

    /// <summary>Peak resident memory in bytes.</summary>
    [JsonPropertyName("peak_memory_bytes")]
    public long PeakMemoryBytes { get; init; }
}
