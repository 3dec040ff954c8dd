using WorkerManagement.Lifecycles;

namespace WorkerManagement.Tests;

/// <summary>Every situation × every event of the core, as a table. A new event without a row fails.</summary>
public sealed class DecisionTableTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch.AddHours(1);
    private static readonly WorkerSpec Spec = new() { Name = "w", Command = ["x"], Ready = new ReadinessProbe.Notify(), Watchdog = TimeSpan.FromSeconds(1), Intensity = new(2, TimeSpan.FromSeconds(60)) };

    // The situations: a state, and what else decides. Run 7 is the present one, timer 3 the one that is armed.
    private static readonly Dictionary<string, Lifecycle> Situations = new()
    {
        ["Stopped"] = new() { State = WorkerState.Stopped, Incarnation = 6 },
        ["Waiting"] = new() { State = WorkerState.Starting, Desired = DesiredState.Up, Incarnation = 6 },
        ["Spawning"] = new() { State = WorkerState.Starting, Desired = DesiredState.Up, Run = 7, Incarnation = 7 },
        ["Probing"] = new() { State = WorkerState.Starting, Desired = DesiredState.Up, Run = 7, Incarnation = 7, LeaderUp = true, Timer = 3 },
        ["Running"] = new() { State = WorkerState.Running, Desired = DesiredState.Up, Run = 7, Incarnation = 7, LeaderUp = true, Ready = true },
        ["Ended"] = new() { State = WorkerState.Stopping, Desired = DesiredState.Up, Run = 7, Incarnation = 7, Exit = new ExitStatus.Exited(1) },
        ["Stopping"] = new() { State = WorkerState.Stopping, Desired = DesiredState.Down, Run = 7, Incarnation = 7, LeaderUp = true },
        ["Restarting"] = new() { State = WorkerState.Stopping, Desired = DesiredState.Up, Run = 7, Incarnation = 7, LeaderUp = true, RestartWhenSettled = true },
        ["BackingOff"] = new() { State = WorkerState.BackingOff, Desired = DesiredState.Up, Incarnation = 6, Timer = 3, Failures = 1 },
        ["GaveUp"] = new() { State = WorkerState.GaveUp, Desired = DesiredState.Up, Incarnation = 6 },
    };

    private static readonly Dictionary<string, LifecycleEvent> Events = new()
    {
        ["Start"] = new LifecycleEvent.Start(),
        ["Stop"] = new LifecycleEvent.Stop(LadderStep.Default),
        ["Restart"] = new LifecycleEvent.Restart(LadderStep.Default),
        ["MayRun"] = new LifecycleEvent.MayRun(8),
        ["Spawned"] = new LifecycleEvent.Spawned(7),
        ["SpawnFailed"] = new LifecycleEvent.SpawnFailed(7, "no"),
        ["BecameReady"] = new LifecycleEvent.BecameReady(7),
        ["Exited"] = new LifecycleEvent.Exited(7, new ExitStatus.Exited(1)),
        ["Settled"] = new LifecycleEvent.Settled(7),
        ["NotSettled"] = new LifecycleEvent.NotSettled(7, "stuck"),
        ["TimeIsUp"] = new LifecycleEvent.TimeIsUp(3),
        ["WatchdogSilent"] = new LifecycleEvent.WatchdogSilent(7),
        ["GuardLost"] = new LifecycleEvent.GuardLost("lost"),
    };

    private const string Table = """
                       | Stopped             | Waiting         | Spawning                 | Probing                     | Running                    | Ended                   | Stopping             | Restarting            | BackingOff          | GaveUp
        Start          | Starting+ AwaitTurn | =               | =                        | =                           | =                          | Stopping+               | Stopping+            | Stopping+             | Starting+ AwaitTurn | Starting+ AwaitTurn
        Stop           | =                   | Stopped         | Stopping StopRun         | Stopping StopRun            | Stopping StopRun           | Stopping StopRun        | Stopping StopRun     | Stopping StopRun      | Stopped             | Stopped
        Restart        | Starting+ AwaitTurn | =               | Stopping+ StopRun        | Stopping+ StopRun           | Stopping+ StopRun          | Stopping+ StopRun       | Stopping+ StopRun    | Stopping+ StopRun     | Starting+ AwaitTurn | Starting+ AwaitTurn
        MayRun         | =                   | Starting+ Spawn | =                        | =                           | =                          | =                       | =                    | =                     | =                   | =
        Spawned        | =                   | =               | Starting+ BeginProbe Arm | Starting+ BeginProbe Arm    | =                          | Stopping+               | =                    | =                     | =                   | =
        SpawnFailed    | =                   | =               | BackingOff+ restart Arm  | BackingOff+ restart Arm     | BackingOff+ restart Arm    | BackingOff+ restart Arm | Stopped              | Starting+ AwaitTurn   | =                   | =
        BecameReady    | =                   | =               | Starting+                | Running+                    | =                          | =                       | =                    | =                     | =                   | =
        Exited         | =                   | =               | Stopping+                | Stopping+                   | Stopping+                  | Stopping+               | Stopping             | Stopping+             | =                   | =
        Settled        | =                   | =               | BackingOff+ restart Arm  | BackingOff+ restart Arm     | BackingOff+ restart Arm    | BackingOff+ restart Arm | Stopped              | Starting+ AwaitTurn   | =                   | =
        NotSettled     | =                   | =               | Stopping+ not_settled    | Stopping+ not_settled       | Stopping+ not_settled      | Stopping+ not_settled   | Stopping not_settled | Stopping+ not_settled | =                   | =
        TimeIsUp       | =                   | =               | =                        | Stopping+ not_ready StopRun | =                          | =                       | =                    | =                     | Starting+ AwaitTurn | =
        WatchdogSilent | =                   | =               | =                        | Stopping+ watchdog StopRun  | Stopping+ watchdog StopRun | =                       | =                    | =                     | =                   | =
        GuardLost      | =                   | =               | Starting+ AwaitTurn      | Starting+ AwaitTurn         | Starting+ AwaitTurn        | Starting+ AwaitTurn     | Stopped              | Starting+ AwaitTurn   | =                   | =
        """;

    [Fact]
    public void Every_event_of_the_core_has_a_row() =>
        Events.Values.Select(happened => happened.GetType()).ShouldBe(typeof(LifecycleEvent).GetNestedTypes().Where(type => type.IsSubclassOf(typeof(LifecycleEvent))), ignoreOrder: true);

    [Fact]
    public void Every_state_is_a_situation() =>
        Situations.Values.Select(situation => situation.State).Distinct().ShouldBe(Enum.GetValues<WorkerState>(), ignoreOrder: true);

    [Fact]
    public void Every_situation_and_event_leads_where_the_table_says() => Made().ShouldBe(Table);

    [Theory]
    [InlineData(RestartPolicy.Permanent, "Running", true)]
    [InlineData(RestartPolicy.Permanent, "Ended", true)]
    [InlineData(RestartPolicy.Transient, "Running", true)]
    [InlineData(RestartPolicy.Transient, "Spawning", true)]
    [InlineData(RestartPolicy.Transient, "Ended", false)]
    [InlineData(RestartPolicy.Temporary, "Running", false)]
    [InlineData(RestartPolicy.Temporary, "Ended", false)]
    [InlineData(RestartPolicy.Temporary, "Restarting", true)]
    public void A_lost_guard_restarts_what_the_policy_restarts(RestartPolicy policy, string situation, bool again)
    {
        var now = Situations[situation];
        now = situation == "Ended" ? now with { Exit = new ExitStatus.Exited(0) } : now;
        var (next, _) = Decision.Decide(now, new LifecycleEvent.GuardLost("lost"), Spec with { Restart = policy }, At);
        (next.State, next.Desired, next.Run).ShouldBe(again ? (WorkerState.Starting, DesiredState.Up, 0) : (WorkerState.Stopped, DesiredState.Down, 0));
    }

    [Fact]
    public void Ready_before_started_is_ready_once_started()
    {
        var early = Decision.Decide(Situations["Spawning"], new LifecycleEvent.BecameReady(7), Spec, At).Next;
        (early.State, early.Ready).ShouldBe((WorkerState.Starting, false));
        var (next, effects) = Decision.Decide(early, new LifecycleEvent.Spawned(7), Spec, At);
        (next.State, next.Ready, effects.Count).ShouldBe((WorkerState.Running, true, 0));
    }

    [Fact]
    public void A_start_that_comes_between_an_end_and_its_settling_is_not_lost()
    {
        var once = Spec with { Restart = RestartPolicy.Temporary };
        var asked = Decision.Decide(Situations["Ended"], new LifecycleEvent.Start(), once, At).Next;
        var (next, effects) = Decision.Decide(asked, new LifecycleEvent.Settled(7), once, At);
        (next.State, next.Desired).ShouldBe((WorkerState.Starting, DesiredState.Up));
        effects.Single().ShouldBeOfType<LifecycleEffect.AwaitTurn>();
    }

    [Theory]
    [MemberData(nameof(RunEvents))]
    public void An_event_of_another_run_means_nothing(string name)
    {
        LifecycleEvent late = name switch
        {
            "Spawned" => new LifecycleEvent.Spawned(5),
            "SpawnFailed" => new LifecycleEvent.SpawnFailed(5, "no"),
            "BecameReady" => new LifecycleEvent.BecameReady(5),
            "Exited" => new LifecycleEvent.Exited(5, new ExitStatus.Exited(0)),
            "Settled" => new LifecycleEvent.Settled(5),
            "NotSettled" => new LifecycleEvent.NotSettled(5, "stuck"),
            "WatchdogSilent" => new LifecycleEvent.WatchdogSilent(5),
            "TimeIsUp" => new LifecycleEvent.TimeIsUp(2),
            _ => new LifecycleEvent.MayRun(5),
        };
        foreach (var (_, now) in Situations)
        {
            var (next, effects) = Decision.Decide(now, late, Spec, At);
            next.ShouldBe(now);
            effects.ShouldBeEmpty();
        }
    }

    public static TheoryData<string> RunEvents => [.. typeof(LifecycleEvent).GetNestedTypes()
        .Where(type => type.GetConstructors()[0].GetParameters().Any(parameter => parameter.ParameterType == typeof(long)))
        .Select(type => type.Name)];

    // A cell: the state that follows (= when nothing changes), + when wanted up, and the effects.
    private static string Made()
    {
        var rows = new List<string[]> { new[] { "" }.Concat(Situations.Keys).ToArray() };
        foreach (var (name, happened) in Events)
        {
            rows.Add([name, .. Situations.Values.Select(now => Cell(now, Decision.Decide(now, happened, Spec, At)))]);
        }

        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return string.Join('\n', rows.Select(row => string.Join(" | ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()));
    }

    private static string Cell(Lifecycle now, (Lifecycle Next, IReadOnlyList<LifecycleEffect> Effects) decided)
    {
        var (next, effects) = decided;
        if (next == now && effects.Count == 0)
        {
            return "=";
        }

        var what = effects.Select(effect => effect is LifecycleEffect.Report report ? report.Kind : effect.GetType().Name);
        return string.Join(' ', [next.State + (next.Desired is DesiredState.Up ? "+" : ""), .. what]);
    }
}
