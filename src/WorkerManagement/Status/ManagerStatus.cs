using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>The manager and its guard.</summary>
public sealed record ManagerStatus
{
    /// <summary>The pid of the process that the manager lives in.</summary>
    [JsonPropertyName("pid")]
    public int Pid { get; init; }

    /// <summary>The state directory.</summary>
    [JsonPropertyName("state_directory")]
    public string StateDirectory { get; init; } = "";

    /// <summary>The file that the workers came from; null where there is none.</summary>
    [JsonPropertyName("configuration_file")]
    public string? ConfigurationFile { get; init; }

    /// <summary>The guard's pid; null while none runs.</summary>
    [JsonPropertyName("guard_pid")]
    public int? GuardPid { get; init; }

    /// <summary>The keeper's pid; null while none runs.</summary>
    [JsonPropertyName("keeper_pid")]
    public int? KeeperPid { get; init; }

    /// <summary><c>native</c> or <c>framework-dependent</c>.</summary>
    [JsonPropertyName("guard_kind")]
    public string? GuardKind { get; init; }

    /// <summary>The strongest containment in use.</summary>
    [JsonPropertyName("containment")]
    public string Containment { get; init; } = "none";

    /// <summary>Why a stronger containment is not in use; null when it is the strongest.</summary>
    [JsonPropertyName("containment_note")]
    public string? ContainmentNote { get; init; }

    /// <summary>Messages that the program's own logger refused to take, or was too slow for.</summary>
    [JsonPropertyName("log_failures")]
    public long LogFailures { get; init; }

    /// <summary>Records of the journal that could not be written since the manager began.</summary>
    [JsonPropertyName("journal_lost")]
    public long JournalLost { get; init; }

    /// <summary>True once a stop of everything began.</summary>
    [JsonPropertyName("shutting_down")]
    public bool ShuttingDown { get; init; }
}
