namespace WorkerManagement.Lifecycles;

/// <summary>What can happen to a managed worker.</summary>
internal abstract record LifecycleEvent
{
    private LifecycleEvent()
    {
    }

    /// <summary>Somebody wants it up.</summary>
    public sealed record Start : LifecycleEvent;

    /// <summary>Somebody wants it down.</summary>
    public sealed record Stop(IReadOnlyList<LadderStep> Ladder) : LifecycleEvent;

    /// <summary>Somebody wants it stopped and up again.</summary>
    public sealed record Restart(IReadOnlyList<LadderStep> Ladder) : LifecycleEvent;

    /// <summary>What it depends on holds, and a guard is there: run this incarnation.</summary>
    public sealed record MayRun(long Incarnation) : LifecycleEvent;

    /// <summary>The leader runs.</summary>
    public sealed record Spawned(long Run) : LifecycleEvent;

    /// <summary>The leader could not be started.</summary>
    public sealed record SpawnFailed(long Run, string Reason) : LifecycleEvent;

    /// <summary>Its probe or notification says that it can serve.</summary>
    public sealed record BecameReady(long Run) : LifecycleEvent;

    /// <summary>The leader ended; members may remain.</summary>
    public sealed record Exited(long Run, ExitStatus Status) : LifecycleEvent;

    /// <summary>Every member is dead.</summary>
    public sealed record Settled(long Run) : LifecycleEvent;

    /// <summary>Members outlive SIGKILL.</summary>
    public sealed record NotSettled(long Run, string Reason) : LifecycleEvent;

    /// <summary>An armed timer is over: the pause before a restart, or the time to become ready.</summary>
    public sealed record TimeIsUp(long Timer) : LifecycleEvent;

    /// <summary>The watchdog heard nothing for too long.</summary>
    public sealed record WatchdogSilent(long Run) : LifecycleEvent;

    /// <summary>Guard or keeper died, and every run with them.</summary>
    public sealed record GuardLost(string Reason) : LifecycleEvent;
}
