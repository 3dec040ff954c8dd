using WorkerManagement.Lifecycles;
using WorkerManagement.Supervision;

namespace WorkerManagement.Tests;

/// <summary>How soon, how often, and when not at all: the pure rule, moment by moment.</summary>
public sealed class RestartRuleTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch.AddYears(50);
    private static readonly WorkerSpec Spec = new() { Name = "w", Command = ["x"] };

    [Theory]
    [InlineData(RestartPolicy.Permanent, "exit 0", true)]
    [InlineData(RestartPolicy.Permanent, "exit 1", true)]
    [InlineData(RestartPolicy.Permanent, "signal", true)]
    [InlineData(RestartPolicy.Permanent, "lost", true)]
    [InlineData(RestartPolicy.Transient, "exit 0", false)]
    [InlineData(RestartPolicy.Transient, "exit 1", true)]
    [InlineData(RestartPolicy.Transient, "signal", true)]
    [InlineData(RestartPolicy.Transient, "lost", true)]
    [InlineData(RestartPolicy.Temporary, "exit 0", false)]
    [InlineData(RestartPolicy.Temporary, "exit 1", false)]
    [InlineData(RestartPolicy.Temporary, "signal", false)]
    [InlineData(RestartPolicy.Temporary, "lost", false)]
    public void The_policy_and_the_exit_decide_whether_it_is_started_again(RestartPolicy policy, string how, bool again)
    {
        ExitStatus exit = how switch
        {
            "exit 0" => new ExitStatus.Exited(0),
            "exit 1" => new ExitStatus.Exited(1),
            "signal" => new ExitStatus.Signaled(9, false),
            _ => new ExitStatus.Lost("nobody saw"),
        };
        var life = Settle(Run(new(), 1, Start), exit, Spec with { Restart = policy }, Start);
        life.State.ShouldBe(again ? WorkerState.BackingOff : WorkerState.Stopped);
        life.Desired.ShouldBe(again ? DesiredState.Up : DesiredState.Down);
        life.Restarts.ShouldBe(again ? 1 : 0);
    }

    [Fact]
    public void The_pause_doubles_with_each_failure_up_to_the_maximum_and_half_of_it_is_jitter()
    {
        for (var failures = 0; failures < 60; failures++)
        {
            var full = Math.Min(30_000, 200 * Math.Pow(2, failures));
            RestartRule.Pause(Backoff.Default, failures, 0).TotalMilliseconds.ShouldBe(full / 2, 1);
            RestartRule.Pause(Backoff.Default, failures, ulong.MaxValue).TotalMilliseconds.ShouldBe(full, 1);
        }

        RestartRule.Pause(Backoff.None, 10, ulong.MaxValue).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_clock_that_was_set_back_does_not_make_old_restarts_count_for_ever()
    {
        var life = Run(new(), 1, Start);
        for (var i = 0; i < Spec.Intensity.Restarts; i++)
        {
            var verdict = RestartRule.Next(life, Spec, Start + TimeSpan.FromSeconds(i));
            verdict.GiveUp.ShouldBeFalse();
            life = life with { Window = verdict.Window };
        }

        RestartRule.Next(life, Spec, Start + TimeSpan.FromSeconds(10)).GiveUp.ShouldBeTrue();
        RestartRule.Next(life, Spec, Start - TimeSpan.FromHours(1)).GiveUp.ShouldBeFalse();
    }

    [Fact]
    public void Workers_that_fell_together_do_not_return_together()
    {
        var pauses = Enumerable.Range(0, 100).Select(i => RestartRule.Next(Run(new() { Seed = (ulong)i }, 1, Start), Spec, Start).Pause).ToArray();
        pauses.Distinct().Count().ShouldBe(100);
        pauses.Max().ShouldBeLessThanOrEqualTo(TimeSpan.FromMilliseconds(200));
        pauses.Min().ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public void A_crash_loop_backs_off_longer_each_time_until_it_gives_up_and_one_start_revives_it()
    {
        var life = new Lifecycle { Seed = 42 };
        var pauses = new List<TimeSpan>();
        var at = Start;
        long run = 0;
        for (life = Run(life, ++run, at); ; life = Again(life, ++run, at))
        {
            life = Settle(life, new ExitStatus.Exited(1), Spec, at);
            if (life.State is WorkerState.GaveUp)
            {
                break;
            }

            life.State.ShouldBe(WorkerState.BackingOff);
            pauses.Add(RestartRule.Pause(Spec.Backoff, life.Failures - 1, 0));
            at += TimeSpan.FromSeconds(1);
        }

        pauses.Count.ShouldBe(5, "5 restarts in 60 s are allowed");
        pauses.ShouldBeInOrder(SortDirection.Ascending);
        life.Why.ShouldContain("gave up after more than 5 restarts in 60 s");
        (life.Desired, life.Run).ShouldBe((DesiredState.Up, 0));

        life = Run(life, ++run, at);
        (life.State, life.Failures, life.Window.IsEmpty).ShouldBe((WorkerState.Running, 0, true));
    }

    [Fact]
    public void Restarts_older_than_the_window_do_not_count()
    {
        var at = Start;
        long run = 1;
        var life = Run(new(), run, at);
        for (var i = 0; i < 50; i++)
        {
            at += TimeSpan.FromSeconds(13);
            life = Settle(life, new ExitStatus.Exited(1), Spec, at);
            life.State.ShouldBe(WorkerState.BackingOff, $"restart {i}: 5 in 65 s");
            life = Again(life, ++run, at);
        }
    }

    [Fact]
    public void A_healthy_period_resets_the_backoff()
    {
        var at = Start;
        long run = 1;
        var life = Run(new(), run, at);
        for (var i = 0; i < 3; i++)
        {
            life = Again(Settle(life, new ExitStatus.Exited(1), Spec, at), ++run, at);
        }

        life.Failures.ShouldBe(3);
        var early = RestartRule.Next(life, Spec, at + Spec.Backoff.ResetAfter - TimeSpan.FromMilliseconds(1));
        (early.Failures, early.Pause >= TimeSpan.FromMilliseconds(800)).ShouldBe((4, true));
        var healthy = RestartRule.Next(life, Spec, at + Spec.Backoff.ResetAfter);
        (healthy.Failures, healthy.Pause <= TimeSpan.FromMilliseconds(200)).ShouldBe((1, true));
    }

    private static Lifecycle Run(Lifecycle life, long run, DateTimeOffset at) => Spawn(Decision.Decide(life, new LifecycleEvent.Start(), Spec, at).Next, run, at);

    private static Lifecycle Again(Lifecycle life, long run, DateTimeOffset at) => Spawn(Decision.Decide(life, new LifecycleEvent.TimeIsUp(life.Timer), Spec, at).Next, run, at);

    private static Lifecycle Spawn(Lifecycle life, long run, DateTimeOffset at) =>
        Decision.Decide(Decision.Decide(life, new LifecycleEvent.MayRun(run), Spec, at).Next, new LifecycleEvent.Spawned(run), Spec, at).Next;

    private static Lifecycle Settle(Lifecycle life, ExitStatus exit, WorkerSpec spec, DateTimeOffset at)
    {
        var run = life.Run;
        return Decision.Decide(Decision.Decide(life, new LifecycleEvent.Exited(run, exit), spec, at).Next, new LifecycleEvent.Settled(run), spec, at).Next;
    }
}
