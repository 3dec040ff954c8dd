using WorkerManagement.Posix;

namespace WorkerManagement.Guard;

/// <summary>Where a run is on its way from spawned to settled.</summary>
internal enum RunPhase
{
    /// <summary>Nobody asked it to go.</summary>
    Up,

    /// <summary>A step of its ladder is in progress.</summary>
    Ladder,

    /// <summary>SIGKILL was sent; only its death is waited for.</summary>
    Killing,
}

/// <summary>One run of one worker, from spawn to settled.</summary>
internal sealed class Run(long incarnation, string name, IReadOnlyList<LadderStep> ladder)
{
    internal long Incarnation { get; } = incarnation;

    internal string Name { get; } = name;

    internal IReadOnlyList<LadderStep> Ladder { get; set; } = ladder;

    internal RunPhase Phase { get; set; }

    /// <summary>Which step of the ladder is in progress.</summary>
    internal int Step { get; set; }

    /// <summary>Milliseconds of the monotonic clock; when the step ends or the next round of killing is due.</summary>
    internal long Deadline { get; set; } = long.MaxValue;

    internal int Pid { get; init; }

    internal ulong StartTime { get; init; }

    internal bool LeaderGone { get; set; }

    /// <summary>It sits in a cgroup of its own. Otherwise its tag finds its members.</summary>
    internal bool HasCgroup { get; init; }

    /// <summary>The kernel removed it, which it does of an empty one only.</summary>
    internal bool CgroupIsGone { get; set; }

    internal ExitStatus? Exit { get; set; }

    /// <summary>Read ends of the output, kept so that a dead manager means that this process drains them. -1 once closed.</summary>
    internal int OutputDescriptor { get; set; } = -1;

    internal int ErrorDescriptor { get; set; } = -1;

    /// <summary>cgroup.events, open only while members outlive the leader. -1 otherwise.</summary>
    internal int EventsDescriptor { get; set; } = -1;

    internal bool Forced { get; set; }

    internal ForceReason Reason { get; set; }

    /// <summary>When SIGKILL was first sent, monotonic milliseconds.</summary>
    internal long KilledAt { get; set; }

    internal bool ReportedUnsettled { get; set; }

    /// <summary>Whether members that outlived the leader were sent the signal of this step.</summary>
    internal bool MembersSignalled { get; set; }

    /// <summary>Everyone that SIGKILL was sent to; null until then.</summary>
    internal HashSet<int>? Killed { get; set; }

    /// <summary>A registered process: pinned here, and no child of ours.</summary>
    internal PidFd? Pin { get; init; }

    /// <summary>What a registered process had below it when it was last looked at, pinned.</summary>
    internal Dictionary<int, PidFd>? PinnedDescendants { get; set; }

    /// <summary>Somebody else's child, handed over to be watched.</summary>
    internal bool IsWatched { get; init; }
}
