using System.Collections.Concurrent;
using CsCheck;
using WorkerManagement.Lifecycles;

namespace WorkerManagement.Tests;

/// <summary>
/// Random event streams against the core, with a model of the guard that knows which run lives. 100,000 streams a run.
/// </summary>
public sealed class DecisionPropertyTests(ITestOutputHelper output)
{
    private static readonly WorkerSpec Spec = new() { Name = "w", Command = ["x"], Intensity = new(3, TimeSpan.FromSeconds(60)), Ready = new ReadinessProbe.Notify(), Watchdog = TimeSpan.FromSeconds(1) };
    private static readonly IReadOnlyList<LadderStep> Ladder = LadderStep.Default;

    // What the streams reached; counted, so that a generator that misses a part of the core fails.
    private readonly ConcurrentDictionary<(WorkerState State, Type Event), int> _reached = new();
    private readonly ConcurrentDictionary<string, int> _effects = new();

    [Fact]
    public void Whatever_happens_in_whatever_order_the_invariants_hold()
    {
        Gen.Int[0, 9999].Array[1, 60].Sample(Check, iter: 100_000);
        output.WriteLine("state × event: " + string.Join(", ", _reached.OrderBy(pair => pair.Key.ToString()).Select(pair => $"{pair.Key.State} × {pair.Key.Event.Name} {pair.Value}")));
        output.WriteLine("effects: " + string.Join(", ", _effects.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}")));
        _reached.Keys.Select(key => key.State).Distinct().ShouldBe(Enum.GetValues<WorkerState>(), ignoreOrder: true);
        _reached.Keys.Select(key => key.Event).Distinct().ShouldBe(Cases<LifecycleEvent>(), ignoreOrder: true);
        _effects.Keys.ShouldBe(Cases<LifecycleEffect>().Where(type => type != typeof(LifecycleEffect.Report)).Select(type => type.Name).Concat(["restart", "gave_up", "not_ready", "watchdog", "not_settled"]), ignoreOrder: true);
        foreach (var happened in (Type[])[typeof(LifecycleEvent.Start), typeof(LifecycleEvent.Stop), typeof(LifecycleEvent.Restart), typeof(LifecycleEvent.GuardLost)])
        {
            Enum.GetValues<WorkerState>().ShouldAllBe(state => _reached.ContainsKey(new(state, happened)));
        }
    }

    private static LifecycleEvent Pick(int choice, (int Weight, LifecycleEvent Event)[] possible)
    {
        var left = choice % possible.Sum(each => each.Weight);
        return possible.First(each => (left -= each.Weight) < 0).Event;
    }

    private static IEnumerable<Type> Cases<T>() => typeof(T).GetNestedTypes().Where(type => type.IsSubclassOf(typeof(T)));

    private void Check(int[] choices)
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
            var happened = Pick(choice,
            [
                (2, new LifecycleEvent.Start()),
                (1, new LifecycleEvent.Stop(Ladder)),
                (1, new LifecycleEvent.Restart(Ladder)),
                (waits ? 8 : 0, new LifecycleEvent.MayRun(next + 1)),
                (live != 0 && !leader ? 4 : 0, new LifecycleEvent.Spawned(live)),
                (live != 0 && !leader ? 2 : 0, new LifecycleEvent.SpawnFailed(live, "no")),
                (live != 0 ? 1 : 0, new LifecycleEvent.BecameReady(live)),
                (leader ? 4 : 0, new LifecycleEvent.Exited(live, new ExitStatus.Exited(1))),
                (live != 0 && !leader ? 4 : 0, new LifecycleEvent.Settled(live)),
                (live != 0 ? 1 : 0, new LifecycleEvent.NotSettled(live, "stuck")),
                (3, new LifecycleEvent.TimeIsUp(life.Timer)),
                (1, new LifecycleEvent.WatchdogSilent(live)),
                (1, new LifecycleEvent.GuardLost("lost")),

                // Late: of a run or a timer that is over.
                (1, new LifecycleEvent.Settled(live - 1)),
                (1, new LifecycleEvent.Exited(live - 1, new ExitStatus.Exited(0))),
                (1, new LifecycleEvent.TimeIsUp(life.Timer - 1)),
                (1, new LifecycleEvent.MayRun(next)),
            ]);
            switch (happened)
            {
                case LifecycleEvent.MayRun turn:
                    next = Math.Max(next, turn.Incarnation);
                    break;
                case LifecycleEvent.Spawned:
                    leader = true;
                    break;
                case LifecycleEvent.Exited exited when exited.Run == live:
                    leader = false;
                    break;
                case LifecycleEvent.Settled settled when settled.Run != live:
                    break;
                case LifecycleEvent.SpawnFailed or LifecycleEvent.Settled or LifecycleEvent.GuardLost:
                    (live, leader) = (0, false);
                    break;
                case LifecycleEvent.Start or LifecycleEvent.Restart when life.State is WorkerState.Stopped or WorkerState.GaveUp or WorkerState.BackingOff:
                    // The operator's word begins a new account.
                    automatic.Clear();
                    break;
            }

            _reached.AddOrUpdate((life.State, happened.GetType()), 1, (_, count) => count + 1);
            var (after, effects) = Decision.Decide(life, happened, Spec, at);
            foreach (var effect in effects)
            {
                _effects.AddOrUpdate(effect is LifecycleEffect.Report report ? report.Kind : effect.GetType().Name, 1, (_, count) => count + 1);
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
