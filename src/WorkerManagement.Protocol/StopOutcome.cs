namespace WorkerManagement;

/// <summary>How a worker's stop ended.</summary>
public enum StopOutcome
{
    /// <summary>It went by itself within its grace.</summary>
    Cooperative = 0,

    /// <summary>SIGKILL was needed, for the leader or for a member.</summary>
    Forced = 1,

    /// <summary>Nothing ran when the stop came.</summary>
    AlreadyGone = 2,

    /// <summary>Some member is not known to be dead: never a success.</summary>
    NotSettled = 3,
}
