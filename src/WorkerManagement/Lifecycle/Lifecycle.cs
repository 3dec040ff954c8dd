using System.Collections.Immutable;

namespace WorkerManagement.Lifecycles;

/// <summary>
/// Everything that the decision core knows of one managed worker. Immutable: <see cref="Decision"/> makes the next one.
/// </summary>
internal sealed record Lifecycle
{
    public WorkerState State { get; init; }

    public DateTimeOffset Since { get; init; }

    public string Why { get; init; } = "not started yet";

    public DesiredState Desired { get; init; }

    /// <summary>The run that is not settled yet; 0 when there is none.</summary>
    public long Run { get; init; }

    /// <summary>The last run, settled or not; 0 before the first.</summary>
    public long Incarnation { get; init; }

    /// <summary>Whether the leader of <see cref="Run"/> is known to have started and not to have ended.</summary>
    public bool LeaderUp { get; init; }

    public bool Ready { get; init; }

    /// <summary>It said that it is ready before its start was known here.</summary>
    public bool SaidReady { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>How the last run ended.</summary>
    public ExitStatus? Exit { get; init; }

    /// <summary>Set while a restart was asked for: the next start follows the settled stop, whatever the policy.</summary>
    public bool RestartWhenSettled { get; init; }

    /// <summary>The manager itself ends this run (watchdog, readiness): a failure, whatever the exit says.</summary>
    public bool Failing { get; init; }

    /// <summary>Failed runs in a row; the exponent of the backoff.</summary>
    public int Failures { get; init; }

    /// <summary>When it was restarted within the intensity's window, oldest first.</summary>
    public ImmutableQueue<DateTimeOffset> Window { get; init; } = [];

    public int Restarts { get; init; }

    /// <summary>Grows with each timer that is armed or disarmed: an older timer's event means nothing.</summary>
    public long Timer { get; init; }

    /// <summary>State of the jitter's generator (splitmix64): the core is pure, so its randomness is data.</summary>
    public ulong Seed { get; init; }
}
