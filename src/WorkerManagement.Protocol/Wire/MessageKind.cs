namespace WorkerManagement.Wire;

/// <summary>What a frame says. Numbers are the protocol: never reused.</summary>
public enum MessageKind : ushort
{
    /// <summary>Manager: magic, protocol version, product version. The first frame of a connection.</summary>
    Hello = 1,

    /// <summary>Manager: start a run.</summary>
    Spawn = 2,

    /// <summary>Manager: begin or replace a run's ladder.</summary>
    Stop = 3,

    /// <summary>Manager: move the deadline of the present step.</summary>
    Extend = 4,

    /// <summary>Manager: signal a leader.</summary>
    Signal = 5,

    /// <summary>Manager: watch a process that somebody else started.</summary>
    Watch = 6,

    /// <summary>Manager: forget a watched process.</summary>
    Unwatch = 7,

    /// <summary>Manager: which pids does a run have.</summary>
    Members = 8,

    /// <summary>Manager: stop everything and end.</summary>
    Shutdown = 9,

    /// <summary>Manager: start a process that belongs to a run, such as its readiness probe. The shape of Spawn behind a number of its own.</summary>
    Probe = 10,

    /// <summary>Guard: who it is and what it found; answers Hello.</summary>
    Welcome = 101,

    /// <summary>Guard: a run began; the read ends of its output come along.</summary>
    Spawned = 102,

    /// <summary>Guard: a run could not begin.</summary>
    SpawnFailed = 103,

    /// <summary>Guard: a leader ended.</summary>
    Exited = 104,

    /// <summary>Guard: every member of a run is dead and reaped.</summary>
    Settled = 105,

    /// <summary>Guard: members outlive SIGKILL.</summary>
    NotSettled = 106,

    /// <summary>Guard: the pids of a run.</summary>
    MembersAre = 107,

    /// <summary>Guard: a process is watched.</summary>
    Watching = 108,

    /// <summary>Guard: a probe ended, or could not be started.</summary>
    ProbeEnded = 109,

    /// <summary>Guard: why it closes this connection. The last frame.</summary>
    Error = 199,
}
