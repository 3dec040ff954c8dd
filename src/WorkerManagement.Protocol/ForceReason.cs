namespace WorkerManagement;

/// <summary>Why a stop needed SIGKILL, read from <c>/proc/PID/status</c> just before it was sent.</summary>
public enum ForceReason
{
    /// <summary>No force was needed.</summary>
    None = 0,

    /// <summary>The leader ignores the signal (SigIgn).</summary>
    Ignored = 1,

    /// <summary>The leader blocks the signal (SigBlk).</summary>
    Blocked = 2,

    /// <summary>The leader was stopped or traced (state T or t).</summary>
    Stopped = 3,

    /// <summary>The leader was in uninterruptible sleep (state D).</summary>
    UninterruptibleSleep = 4,

    /// <summary>The leader handles the signal but was not done in time.</summary>
    TooSlow = 5,

    /// <summary>The leader went; members that it left behind did not.</summary>
    MembersRemained = 6,

    /// <summary>Force was asked for at once.</summary>
    Requested = 7,
}
