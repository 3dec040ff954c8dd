using WorkerManagement.Supervision;

namespace WorkerManagement.Lifecycles;

// The core of supervision: what a worker's next state is, and what is to be done, given what happened. No clock, no I/O.
//
// A run is over only when it is settled (or the guard that had it is gone). Between asking for a stop and settled the state is
// Stopping, and nothing starts: so there is one incarnation at a time. What follows a settled run is decided in one place,
// AfterRun, from what is wanted by then: a start or stop that came meanwhile only changed the wish.

/// <summary>Decides. An event of another run than the present one is late and means nothing.</summary>
internal static class Decision
{
    private static readonly LifecycleEffect[] Nothing = [];

    public static (Lifecycle Next, IReadOnlyList<LifecycleEffect> Effects) Decide(Lifecycle now, LifecycleEvent happened, WorkerSpec spec, DateTimeOffset at) => happened switch
    {
        LifecycleEvent.Start => Start(now, at),
        LifecycleEvent.Stop stop => Stop(now, stop.Ladder, at),
        LifecycleEvent.Restart restart => Restart(now, restart.Ladder, at),
        LifecycleEvent.MayRun turn => MayRun(now, turn.Incarnation, at),
        LifecycleEvent.Spawned spawned when spawned.Run == now.Run => Spawned(now, spec, at),
        LifecycleEvent.SpawnFailed failed when failed.Run == now.Run =>
            AfterRun(now with { Exit = new ExitStatus.Lost(failed.Reason), Failing = true }, spec, at, failed.Reason),
        LifecycleEvent.BecameReady ready when ready.Run == now.Run => BecameReady(now, at),
        LifecycleEvent.Exited exited when exited.Run == now.Run => Exited(now, exited.Status, at),
        LifecycleEvent.Settled settled when settled.Run == now.Run => AfterRun(now, spec, at, Describe(now)),
        LifecycleEvent.NotSettled left when left.Run == now.Run => NotSettled(now, left.Reason, at),
        LifecycleEvent.TimeIsUp timer when timer.Timer == now.Timer => TimeIsUp(now, spec, at),
        LifecycleEvent.WatchdogSilent silent when silent.Run == now.Run && now is { State: WorkerState.Starting or WorkerState.Running, LeaderUp: true } =>
            End(now, spec, "watchdog", $"no WATCHDOG=1 for {spec.Watchdog?.TotalSeconds:0.###} s", at),
        LifecycleEvent.GuardLost lost => GuardLost(now, spec, lost.Reason, at),
        _ => (now, Nothing),
    };

    private static (Lifecycle, IReadOnlyList<LifecycleEffect>) Start(Lifecycle now, DateTimeOffset at) => now.State switch
    {
        WorkerState.Stopped or WorkerState.GaveUp or WorkerState.BackingOff =>
            (Enter(now with { Desired = DesiredState.Up, Failures = 0, Window = [], Timer = now.Timer + 1 }, WorkerState.Starting, "asked to start", at), [new LifecycleEffect.AwaitTurn()]),
        WorkerState.Stopping =>
            (now with { Desired = DesiredState.Up, RestartWhenSettled = true, Why = "asked to start while stopping" }, Nothing),
        _ => (now with { Desired = DesiredState.Up }, Nothing),
    };

    private static (Lifecycle, IReadOnlyList<LifecycleEffect>) Stop(Lifecycle now, IReadOnlyList<LadderStep> ladder, DateTimeOffset at)
    {
        var wanted = now with { Desired = DesiredState.Down, RestartWhenSettled = false };
        if (now.Run != 0)
        {
            var next = now.State is WorkerState.Stopping
                ? wanted
                : Enter(wanted with { Timer = now.Timer + 1, Ready = false }, WorkerState.Stopping, "asked to stop", at);
            return (next, [new LifecycleEffect.StopRun(now.Run, ladder)]);
        }

        return now.State is WorkerState.Stopped
            ? (wanted, Nothing)
            : (Enter(wanted with { Timer = now.Timer + 1 }, WorkerState.Stopped, "asked to stop", at), Nothing);
    }

    private static (Lifecycle, IReadOnlyList<LifecycleEffect>) Restart(Lifecycle now, IReadOnlyList<LadderStep> ladder, DateTimeOffset at)
    {
        if (now.Run == 0)
        {
            return Start(now, at);
        }

        var (stopping, effects) = Stop(now, ladder, at);
        return (stopping with { Desired = DesiredState.Up, RestartWhenSettled = true, Why = "asked to restart" }, effects);
    }

    private static (Lifecycle, IReadOnlyList<LifecycleEffect>) MayRun(Lifecycle now, long incarnation, DateTimeOffset at) =>
        now is { State: WorkerState.Starting, Run: 0, Desired: DesiredState.Up } && incarnation > now.Incarnation
            ? (now with { Run = incarnation, Incarnation = incarnation, StartedAt = at, Exit = null, Failing = false, Ready = false, SaidReady = false }, [new LifecycleEffect.Spawn(incarnation)])
            : (now, Nothing);

    private static (Lifecycle, IReadOnlyList<LifecycleEffect>) Spawned(Lifecycle now, WorkerSpec spec, DateTimeOffset at)
    {
        var up = now with { LeaderUp = true };
        if (now.State is not WorkerState.Starting)
        {
            return (up, Nothing);
        }

        if (spec.Ready is null || now.SaidReady)
        {
            return (Enter(up with { Ready = true }, WorkerState.Running, spec.Ready is null ? "started" : "ready", at), Nothing);
        }

        var waiting = up with { Timer = now.Timer + 1, Why = "waiting until it is ready" };
        return (waiting, [new LifecycleEffect.BeginProbe(now.Run), new LifecycleEffect.Arm(waiting.Timer, spec.Ready.Timeout)]);
    }

    // A quick worker can say so before the guard's word that it runs has arrived.
    private static (Lifecycle, IReadOnlyList<LifecycleEffect>) BecameReady(Lifecycle now, DateTimeOffset at) => now switch
    {
        { State: WorkerState.Starting, LeaderUp: true } => (Enter(now with { Ready = true, Timer = now.Timer + 1 }, WorkerState.Running, "ready", at), Nothing),
        { State: WorkerState.Starting, Run: not 0 } => (now with { SaidReady = true }, Nothing),
        _ => (now, Nothing),
    };

    private static (Lifecycle, IReadOnlyList<LifecycleEffect>) Exited(Lifecycle now, ExitStatus status, DateTimeOffset at)
    {
        var ended = now with { LeaderUp = false, Ready = false, Exit = status, Timer = now.Timer + 1 };
        return (now.State is WorkerState.Stopping ? ended : Enter(ended, WorkerState.Stopping, $"ended with {status}", at), Nothing);
    }

    private static (Lifecycle, IReadOnlyList<LifecycleEffect>) NotSettled(Lifecycle now, string reason, DateTimeOffset at) =>
        (Enter(now, WorkerState.Stopping, $"not settled: {reason}", at), [new LifecycleEffect.Report("not_settled", reason)]);

    private static (Lifecycle, IReadOnlyList<LifecycleEffect>) TimeIsUp(Lifecycle now, WorkerSpec spec, DateTimeOffset at) => now switch
    {
        { State: WorkerState.BackingOff } => (Enter(now, WorkerState.Starting, "restarting", at), [new LifecycleEffect.AwaitTurn()]),
        { State: WorkerState.Starting, LeaderUp: true } => End(now, spec, "not_ready", $"not ready after {spec.Ready?.Timeout.TotalSeconds:0.###} s", at),
        _ => (now, Nothing),
    };

    private static (Lifecycle, IReadOnlyList<LifecycleEffect>) End(Lifecycle now, WorkerSpec spec, string kind, string reason, DateTimeOffset at) =>
        (Enter(now with { Failing = true, Ready = false, Timer = now.Timer + 1 }, WorkerState.Stopping, reason, at),
            [new LifecycleEffect.Report(kind, reason), new LifecycleEffect.StopRun(now.Run, spec.Stop)]);

    // Not the worker's failure: no pause, and no mark in its account. Its policy holds all the same.
    private static (Lifecycle, IReadOnlyList<LifecycleEffect>) GuardLost(Lifecycle now, WorkerSpec spec, string reason, DateTimeOffset at)
    {
        if (now.Run == 0)
        {
            return (now, Nothing);
        }

        var over = Over(now) with { Exit = now.LeaderUp ? new ExitStatus.Lost(reason) : now.Exit };
        return now.Desired is DesiredState.Down || (!now.RestartWhenSettled && StaysDown(over, spec))
            ? (Enter(over with { Desired = DesiredState.Down }, WorkerState.Stopped, reason, at), Nothing)
            : (Enter(over with { Restarts = now.Restarts + 1 }, WorkerState.Starting, $"restarting: {reason}", at), [new LifecycleEffect.AwaitTurn()]);
    }

    private static (Lifecycle, IReadOnlyList<LifecycleEffect>) AfterRun(Lifecycle now, WorkerSpec spec, DateTimeOffset at, string how)
    {
        var over = Over(now);
        if (now.Desired is DesiredState.Down)
        {
            return (Enter(over, WorkerState.Stopped, how, at), Nothing);
        }

        if (now.RestartWhenSettled)
        {
            return (Enter(over with { Restarts = now.Restarts + 1 }, WorkerState.Starting, "restarting as asked", at), [new LifecycleEffect.AwaitTurn()]);
        }

        if (StaysDown(now, spec))
        {
            return (Enter(over with { Desired = DesiredState.Down }, WorkerState.Stopped, how, at), Nothing);
        }

        var next = RestartRule.Next(now, spec, at);
        if (next.GiveUp)
        {
            var reason = $"{how}; gave up after more than {spec.Intensity.Restarts} restarts in {spec.Intensity.Within.TotalSeconds:0.###} s; start it again once the cause is mended";
            return (Enter(over with { Window = [] }, WorkerState.GaveUp, reason, at), [new LifecycleEffect.Report("gave_up", reason)]);
        }

        var backing = over with { Failures = next.Failures, Window = next.Window, Seed = next.Seed, Restarts = now.Restarts + 1 };
        return next.Pause == TimeSpan.Zero
            ? (Enter(backing, WorkerState.Starting, $"{how}; restarting", at), [new LifecycleEffect.Report("restart", how), new LifecycleEffect.AwaitTurn()])
            : (Enter(backing, WorkerState.BackingOff, $"{how}; next try in {next.Pause.TotalSeconds:0.###} s", at),
                [new LifecycleEffect.Report("restart", how), new LifecycleEffect.Arm(backing.Timer, next.Pause)]);
    }

    private static bool StaysDown(Lifecycle ended, WorkerSpec spec) =>
        spec.Restart is RestartPolicy.Temporary || (spec.Restart is RestartPolicy.Transient && ended is { Exit.IsSuccess: true, Failing: false });

    private static Lifecycle Over(Lifecycle now) => now with { Run = 0, LeaderUp = false, Ready = false, RestartWhenSettled = false, Timer = now.Timer + 1 };

    private static string Describe(Lifecycle now) => now.Failing ? now.Why : $"ended with {now.Exit?.ToString() ?? "an unknown exit"}";

    private static Lifecycle Enter(Lifecycle now, WorkerState state, string why, DateTimeOffset at) => now with { State = state, Why = why, Since = at };
}
