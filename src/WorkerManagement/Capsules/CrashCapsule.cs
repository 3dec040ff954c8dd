using System.Text.Json.Serialization;

namespace WorkerManagement.Capsules;

/// <summary>What is kept of one abnormal end of a run: of environment variables the names alone, and no secret that is known as one.</summary>
internal sealed record CrashCapsule
{
    [JsonPropertyName("id")]
    public required string Id { get; init; }

    [JsonPropertyName("worker")]
    public required string Worker { get; init; }

    [JsonPropertyName("type")]
    public required string Type { get; init; }

    [JsonPropertyName("incarnation")]
    public long Incarnation { get; init; }

    [JsonPropertyName("pid")]
    public int? Pid { get; init; }

    [JsonPropertyName("started_at"), JsonConverter(typeof(UnixSecondsConverter))]
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>How it ended and what it used, with the moment.</summary>
    [JsonPropertyName("exit")]
    public required WorkerExit Exit { get; init; }

    /// <summary>Why it counts as abnormal, in a sentence.</summary>
    [JsonPropertyName("why")]
    public required string Why { get; init; }

    /// <summary>Processes that outlived the leader and were killed.</summary>
    [JsonPropertyName("members_killed")]
    public int MembersKilled { get; init; }

    /// <summary>What the manager did about it.</summary>
    [JsonPropertyName("then")]
    public required CapsuleMoment Then { get; init; }

    [JsonPropertyName("restarts")]
    public int Restarts { get; init; }

    [JsonPropertyName("command")]
    public IReadOnlyList<string> Command { get; init; } = [];

    [JsonPropertyName("directory")]
    public string Directory { get; init; } = "";

    [JsonPropertyName("environment_names")]
    public IReadOnlyList<string> EnvironmentNames { get; init; } = [];

    /// <summary>The resource limits that it began with, as the kernel words them.</summary>
    [JsonPropertyName("limits")]
    public IReadOnlyDictionary<string, string> Limits { get; init; } = new Dictionary<string, string>();

    [JsonPropertyName("containment")]
    public string Containment { get; init; } = "";

    /// <summary>Its last states, the oldest first.</summary>
    [JsonPropertyName("timeline")]
    public IReadOnlyList<CapsuleMoment> Timeline { get; init; } = [];

    /// <summary>The last lines that it wrote, the oldest first; long ones cut.</summary>
    [JsonPropertyName("output")]
    public IReadOnlyList<string> Output { get; init; } = [];

    /// <summary>In a few words, such as <c>exit code 3</c>.</summary>
    [JsonIgnore]
    public string How => Exit.Code is { } code ? $"exit code {code}" : Exit.Signal is { } signal ? signal + (Exit.Core ? ", with a core" : "") : Exit.Lost ?? "unknown";
}

/// <summary>A state, since when and why.</summary>
internal sealed record CapsuleMoment(
    [property: JsonPropertyName("at"), JsonConverter(typeof(UnixSecondsConverter))] DateTimeOffset At,
    [property: JsonPropertyName("state")] WorkerState State,
    [property: JsonPropertyName("why")] string Why);

/// <summary>The list of capsules, the newest first.</summary>
internal sealed record CapsuleList([property: JsonPropertyName("capsules")] IReadOnlyList<CapsuleEntry> Capsules);

/// <summary>One line of the list.</summary>
internal sealed record CapsuleEntry(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("worker")] string Worker,
    [property: JsonPropertyName("incarnation")] long Incarnation,
    [property: JsonPropertyName("at"), JsonConverter(typeof(UnixSecondsConverter))] DateTimeOffset At,
    [property: JsonPropertyName("how")] string How,
    [property: JsonPropertyName("why")] string Why,
    [property: JsonPropertyName("then")] WorkerState Then);

/// <summary>The capsules' JSON, made at compile time.</summary>
[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(CrashCapsule))]
[JsonSerializable(typeof(CapsuleList))]
internal sealed partial class CapsuleJson : JsonSerializerContext;
