using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>What a worker is, beside what is wanted of it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WorkerState>))]
public enum WorkerState
{
    /// <summary>Down: every member dead and reaped.</summary>
    Stopped = 0,

    /// <summary>Waiting for its dependencies, for the guard, or for readiness.</summary>
    Starting = 1,

    /// <summary>Up, and ready.</summary>
    Running = 2,

    /// <summary>Its ladder runs, or members of an ended leader are being removed.</summary>
    Stopping = 3,

    /// <summary>Down, to be started again when the pause is over.</summary>
    BackingOff = 4,

    /// <summary>Down after too many restarts, until somebody starts it.</summary>
    GaveUp = 5,
}
