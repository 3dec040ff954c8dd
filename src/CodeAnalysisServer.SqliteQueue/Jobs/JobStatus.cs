using System.Text.Json.Serialization;

namespace CodeAnalysisServer.SqliteQueue.Jobs;

/// <summary>Where a job is in its life.</summary>
public enum JobState
{
    /// <summary>Added, not started.</summary>
    Pending,

    /// <summary>At work.</summary>
    Running,

    /// <summary>Did what it should.</summary>
    Completed,

    /// <summary>Failed; its message says why.</summary>
    Error,

    /// <summary>Stopped by somebody's wish.</summary>
    Stopped,

    /// <summary>Cut off by the end of the queue, or of its process. Can be started again.</summary>
    Interrupted,
}

/// <summary>A job as it is now. Immutable. <see cref="Progress"/> goes from 0 to 1, null when it does not tell.</summary>
public sealed record JobStatus(
    string Id,
    string Type,
    JobState State,
    IReadOnlyDictionary<string, string> Parameters,
    DateTimeOffset AddedAt,
    DateTimeOffset? StartedAt = null,
    DateTimeOffset? EndedAt = null,
    DateTimeOffset? HeardAt = null,
    double? Progress = null,
    string? Message = null)
{
    /// <summary>Of a job that runs: for how many seconds it has said nothing, by a clock that nobody sets. Null otherwise, and in the registry.</summary>
    public double? SilentSeconds { get; init; }

    /// <summary>Whether it is over.</summary>
    [JsonIgnore]
    public bool HasEnded => State is not JobState.Pending and not JobState.Running;
}

/// <summary>A line that a job said.</summary>
public sealed record JobLogLine(DateTimeOffset At, string Text);

/// <summary>What a stop did: whether the job is stopped by it, and what the job is now.</summary>
public sealed record JobStop(bool Stopped, JobStatus Status, string Message);

/// <summary>One line of the registry: a job's state, or a line of its log, or that it is gone. The last state of an id counts.</summary>
internal sealed record JobLine(string Id, JobStatus? Status = null, JobLogLine? Log = null, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Deleted = false);

/// <summary>What a client asks about jobs.</summary>
internal sealed record JobAsk(string Verb, string? Id = null, string? Type = null, IReadOnlyDictionary<string, string>? Parameters = null);

/// <summary>What it is answered.</summary>
internal sealed record JobAnswer(string? Error = null, IReadOnlyList<JobStatus>? Jobs = null, IReadOnlyList<JobLogLine>? Lines = null, JobStop? Stop = null, IReadOnlyList<string>? Types = null);

[JsonSerializable(typeof(JobLine))]
[JsonSerializable(typeof(JobAsk))]
[JsonSerializable(typeof(JobAnswer))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(JobStateConverter)])]
internal sealed partial class JobJson : JsonSerializerContext;

/// <summary>PENDING, RUNNING, COMPLETED, ERROR, STOPPED, INTERRUPTED.</summary>
internal sealed class JobStateConverter() : JsonStringEnumConverter<JobState>(System.Text.Json.JsonNamingPolicy.SnakeCaseUpper, allowIntegerValues: false);
