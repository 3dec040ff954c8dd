using CsCheck;
using WorkerManagement.Lifecycles;

namespace WorkerManagement.Tests;

/// <summary>
/// Random event streams against the core, with a model of the guard that knows which run lives. 100,000 streams a run.
/// </summary>
public sealed class DecisionPropertyTests
{
    private static readonly WorkerSpec Spec = new() { Name = "w", Command = ["x"], Intensity = new(3, TimeSpan.FromSeconds(60)), Ready = new ReadinessProbe.Notify(), Watchdog = TimeSpan.FromSeconds(1) };
    private static readonly IReadOnlyList<LadderStep> Ladder = LadderStep.Default;

    [Fact]
    public void Whatever_happens_in_whatever_order_the_invariants_hold() =>
        Gen.Int[0, 11].Array[1, 40].Sample(Check, iter: 100_000);

    private static void Check(int[] choices)
    {
        var life = new Lifecycle();
        var at = DateTimeOffset.UnixEpoch;
        long next = 0, live = 0;
        var leader = false;
        var waits = false;
        var automatic = new Queue<DateTimeOffset>();
        foreach (var choice in choices)
        {
            at += TimeSpan.FromSeconds(1);
            LifecycleEvent? happened = choice switch
            {
                0 => new LifecycleEvent.Start(),
                1 => new LifecycleEvent.Stop(Ladder),
                2 => new LifecycleEvent.Restart(Ladder),
                3 when waits => new LifecycleEvent.MayRun(++next),
                4 when live != 0 && !leader => new LifecycleEvent.Spawned(live),
                5 when live != 0 && !leader => new LifecycleEvent.SpawnFailed(live, "no"),
                6 when live != 0 => new LifecycleEvent.BecameReady(live),
                7 when leader => new LifecycleEvent.Exited(live, new ExitStatus.Exited(1)),
                8 when live != 0 && !leader => new LifecycleEvent.Settled(live),
                9 => new LifecycleEvent.TimeIsUp(life.Timer),
                10 => new LifecycleEvent.GuardLost("lost"),
                11 => new LifecycleEvent.WatchdogSilent(live),
                _ => null,
            };
            if (happened is null)
            {
                continue;
            }

            switch (happened)
            {
                case LifecycleEvent.Spawned:
                    leader = true;
                    break;
                case LifecycleEvent.Exited:
                    leader = false;
                    break;
                case LifecycleEvent.SpawnFailed or LifecycleEvent.Settled or LifecycleEvent.GuardLost:
                    (live, leader) = (0, false);
                    break;
                case LifecycleEvent.Start or LifecycleEvent.Restart when life.State is WorkerState.Stopped or WorkerState.GaveUp or WorkerState.BackingOff:
                    // The operator's word begins a new account.
                    automatic.Clear();
                    break;
            }

            var (after, effects) = Decision.Decide(life, happened, Spec, at);
            foreach (var effect in effects)
            {
                switch (effect)
                {
                    case LifecycleEffect.Spawn spawn:
                        live.ShouldBe(0, "one incarnation at a time");
                        after.Desired.ShouldBe(DesiredState.Up, "nothing starts that is wanted down");
                        live = spawn.Run;
                        waits = false;
                        break;
                    case LifecycleEffect.AwaitTurn:
                        waits = true;
                        break;
                    case LifecycleEffect.StopRun stop:
                        stop.Run.ShouldBe(live, "only what lives is stopped");
                        break;
                    case LifecycleEffect.Report { Kind: "restart" }:
                        automatic.Enqueue(at);
                        break;
                }
            }

            if (after.State is not WorkerState.Starting)
            {
                waits = false;
            }

            after.Run.ShouldBe(live, "the core knows what lives");
            if (after.State is WorkerState.Stopped or WorkerState.GaveUp or WorkerState.BackingOff)
            {
                live.ShouldBe(0, "down means settled");
            }

            (after.Desired is DesiredState.Down && after.State is WorkerState.Starting or WorkerState.Running or WorkerState.BackingOff && after.Desired is DesiredState.Down)
                .ShouldBeFalse("wanted down is down or on its way");
            after.Incarnation.ShouldBeGreaterThanOrEqualTo(life.Incarnation);
            while (automatic.Count > 0 && at - automatic.Peek() > Spec.Intensity.Within)
            {
                automatic.Dequeue();
            }

            automatic.Count.ShouldBeLessThanOrEqualTo(Spec.Intensity.Restarts, "restarts are bounded by the intensity");
            life = after;
        }
    }
}
