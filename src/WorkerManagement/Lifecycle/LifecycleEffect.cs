namespace WorkerManagement.Lifecycles;

/// <summary>What the manager is to do about a decision.</summary>
internal abstract record LifecycleEffect
{
    private LifecycleEffect()
    {
    }

    /// <summary>Send <see cref="LifecycleEvent.MayRun"/> as soon as dependencies and guard allow.</summary>
    public sealed record AwaitTurn : LifecycleEffect;

    /// <summary>Have the guard start this run.</summary>
    public sealed record Spawn(long Run) : LifecycleEffect;

    /// <summary>Have the guard run this ladder.</summary>
    public sealed record StopRun(long Run, IReadOnlyList<LadderStep> Ladder) : LifecycleEffect;

    /// <summary>Begin to look for readiness.</summary>
    public sealed record BeginProbe(long Run) : LifecycleEffect;

    /// <summary>Send <see cref="LifecycleEvent.TimeIsUp"/> after this long.</summary>
    public sealed record Arm(long Timer, TimeSpan After) : LifecycleEffect;

    /// <summary>Keep this for the operator.</summary>
    public sealed record Report(string Kind, string Reason) : LifecycleEffect;
}
