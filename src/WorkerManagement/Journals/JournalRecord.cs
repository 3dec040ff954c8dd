using System.Text.Json.Serialization;

namespace WorkerManagement.Journals;

/// <summary>One line of the journal. Immutable. Which members are set depends on <see cref="Kind"/>; the others are null and not written.</summary>
public sealed record JournalRecord
{
    /// <summary>Grows by one with every record of a state directory, whoever writes it.</summary>
    [JsonPropertyName("seq")]
    public long Sequence { get; init; }

    /// <summary>When. Unix seconds in JSON.</summary>
    [JsonPropertyName("at"), JsonConverter(typeof(UnixSecondsConverter))]
    public DateTimeOffset At { get; init; }

    /// <summary>
    /// <c>started</c> (a manager took the directory), <c>state</c> (<see cref="Status"/> is a worker's new state), <c>incident</c>, <c>removed</c>
    /// (<see cref="Worker"/> is listed no more), <c>snapshot</c> (<see cref="Workers"/> are all there are; the first record of a file), <c>lost</c>
    /// (<see cref="Lost"/> records could not be written), <c>stopped</c> (the manager let go of the directory), <c>unreadable</c> (made by the
    /// reader: a line that is torn or damaged was skipped).
    /// </summary>
    [JsonPropertyName("kind")]
    public required string Kind { get; init; }

    /// <summary>Which worker, where it concerns one.</summary>
    [JsonPropertyName("worker")]
    public string? Worker { get; init; }

    /// <summary>The worker as it is from now on.</summary>
    [JsonPropertyName("status")]
    public WorkerStatus? Status { get; init; }

    /// <summary>The incident.</summary>
    [JsonPropertyName("incident")]
    public Incident? Incident { get; init; }

    /// <summary>Every worker that was listed.</summary>
    [JsonPropertyName("workers")]
    public IReadOnlyList<WorkerStatus>? Workers { get; init; }

    /// <summary>The process that the manager lives in.</summary>
    [JsonPropertyName("pid")]
    public int? Pid { get; init; }

    /// <summary>How many records could not be written.</summary>
    [JsonPropertyName("lost")]
    public long? Lost { get; init; }

    /// <summary>Why records were lost, or a line is unreadable.</summary>
    [JsonPropertyName("reason")]
    public string? Reason { get; init; }
}

/// <summary>The journal's JSON, made at compile time.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JournalRecord))]
internal sealed partial class JournalJson : JsonSerializerContext;
