using WorkerManagement.Posix;

namespace WorkerManagement.Tests;

/// <summary>Restarts of real processes.</summary>
public sealed class SupervisionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RestartPolicy.Permanent, "exit 0", true)]
    [InlineData(RestartPolicy.Permanent, "exit 1", true)]
    [InlineData(RestartPolicy.Permanent, "kill -KILL $$", true)]
    [InlineData(RestartPolicy.Transient, "exit 0", false)]
    [InlineData(RestartPolicy.Transient, "exit 1", true)]
    [InlineData(RestartPolicy.Transient, "kill -KILL $$", true)]
    [InlineData(RestartPolicy.Temporary, "exit 0", false)]
    [InlineData(RestartPolicy.Temporary, "exit 1", false)]
    [InlineData(RestartPolicy.Temporary, "kill -KILL $$", false)]
    public async Task The_policy_decides_what_follows_an_end(RestartPolicy policy, string script, bool again)
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("p", script) with { Restart = policy, Intensity = new(1, TimeSpan.FromSeconds(60)) }, Cancel);
        await fixture.UntilAsync("p", worker => worker.State == (again ? WorkerState.GaveUp : WorkerState.Stopped));
        var status = fixture.Status("p");
        (status.Restarts, status.Incarnation, status.Desired).ShouldBe(again ? (1, 2L, DesiredState.Up) : (0, 1L, DesiredState.Down));
        (status.Exit!.Code, status.Exit.Signal).ShouldBe(script switch { "exit 0" => (0, null), "exit 1" => (1, null), _ => ((int?)null, "SIGKILL") });
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Containment.Tag)]
    public async Task Orphaned_members_of_a_killed_worker_are_gone_before_its_replacement_starts(Containment? containment)
    {
        await using var fixture = new ManagerFixture(containment);
        var first = Path.Combine(fixture.Directory, "first");

        // The second run looks for the member that the first one left in a session of its own.
        var script = $"if [ -e {first} ]; then if kill -0 $(cat {first}); then echo there; else echo gone; fi; else setsid sleep 1000 & echo $! > {first}; fi; echo up; exec sleep 1000";
        var status = await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("a", script) with { Ready = new ReadinessProbe.LogLine("^up$") }, Cancel);
        await fixture.UntilAsync("a", worker => worker.Ready);
        using (var leader = PidFd.TryOpen(status.Pid!.Value).ShouldNotBeNull())
        {
            leader.Send(9).ShouldBeTrue();
        }

        await fixture.UntilAsync("a", worker => worker is { Ready: true, Incarnation: 2 });
        (await File.ReadAllTextAsync(Path.Combine(fixture.Manager.LogDirectory, "a.log"), Cancel)).ShouldContain("gone\nup\n");
    }

    [Fact]
    public async Task Giving_up_is_loud_and_one_command_revives_it()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("loop", "exit 3") with { Intensity = new(2, TimeSpan.FromSeconds(60)) }, Cancel);
        await fixture.UntilAsync("loop", worker => worker.State is WorkerState.GaveUp);
        var status = fixture.Manager.GetWorkerStatus();
        var worker = status.Workers.Single();
        (worker.Restarts, worker.Health, worker.Alive).ShouldBe((2, "unhealthy", false));
        worker.Why.ShouldContain("ended with exit code 3; gave up after more than 2 restarts in 60 s");
        status.Incidents.Select(incident => incident.Kind).ShouldBe(["restart", "restart", "gave_up"]);

        // Revived, it has its restarts again.
        (await fixture.Manager.StartWorkerAsync("loop", Cancel)).Incarnation.ShouldBe(4);
        await fixture.UntilAsync("loop", revived => revived is { State: WorkerState.GaveUp, Incarnation: 6 });

        // Stopped, it is down as asked and no alarm any more.
        (await fixture.Manager.StopWorkerAsync("loop", cancellationToken: Cancel)).Outcome.ShouldBe("already gone");
        (fixture.Status("loop").State, fixture.Status("loop").Desired, fixture.Status("loop").Health).ShouldBe((WorkerState.Stopped, DesiredState.Down, "unknown"));
    }

    [Fact]
    public async Task A_worker_that_is_not_ready_in_time_is_stopped_with_the_reason_and_tried_again()
    {
        await using var fixture = new ManagerFixture();
        var spec = ManagerFixture.Shell("mute", "exec sleep 1000") with { Ready = new ReadinessProbe.LogLine("never") { Timeout = TimeSpan.FromMilliseconds(200) }, Intensity = new(1, TimeSpan.FromSeconds(60)) };
        await fixture.Manager.StartWorkerAsync(spec, Cancel);
        await fixture.UntilAsync("mute", worker => worker.State is WorkerState.GaveUp);
        fixture.Status("mute").Why.ShouldContain("not ready after 0.2 s");
        fixture.Manager.GetWorkerStatus().Incidents.Count(incident => incident.Kind == "not_ready").ShouldBe(2);
    }

    [Fact]
    public async Task Silence_of_the_watchdog_means_a_stop_and_a_restart_with_the_reason()
    {
        await using var fixture = new ManagerFixture();
        var spec = new WorkerSpec
        {
            Name = "silent",
            Command = Programs.Program.Command("serve", "watchdog"),
            Ready = new ReadinessProbe.Notify(),
            Watchdog = TimeSpan.FromSeconds(1),
            Backoff = Backoff.None,
            Intensity = new(1, TimeSpan.FromSeconds(60)),
        };
        await fixture.Manager.StartWorkerAsync(spec, Cancel);
        await fixture.UntilAsync("silent", worker => worker is { Incarnation: 2, Ready: true });
        fixture.Manager.GetWorkerStatus().Incidents.ShouldContain(incident => incident.Kind == "watchdog" && incident.Reason.Contains("no WATCHDOG=1 for 1 s"));
        fixture.Manager.GetWorkerStatus().Incidents.ShouldContain(incident => incident.Kind == "restart" && incident.Reason.Contains("no WATCHDOG=1 for 1 s"));
    }

    [Fact]
    public async Task EXTEND_TIMEOUT_USEC_extends_a_start()
    {
        await using var fixture = new ManagerFixture();
        var spec = new WorkerSpec { Name = "late", Command = Programs.Program.Command("serve", "late"), Ready = new ReadinessProbe.Notify() { Timeout = TimeSpan.FromSeconds(6) } };
        await fixture.Manager.StartWorkerAsync(spec, Cancel);
        await fixture.UntilAsync("late", worker => worker.Ready || worker.Restarts > 0);
        (fixture.Status("late").Ready, fixture.Status("late").Incarnation).ShouldBe((true, 1));
    }

    [Fact]
    public async Task EXTEND_TIMEOUT_USEC_extends_a_stop()
    {
        await using var fixture = new ManagerFixture();
        var spec = new WorkerSpec { Name = "slow", Command = Programs.Program.Command("serve", "slow-stop"), Ready = new ReadinessProbe.Notify(), Stop = [new(15, TimeSpan.FromSeconds(5))] };
        await fixture.Manager.StartWorkerAsync(spec, Cancel);
        await fixture.UntilAsync("slow", worker => worker.Ready);
        var report = await fixture.Manager.StopWorkerAsync("slow", cancellationToken: Cancel);
        (report.Outcome, report.Exit?.Code).ShouldBe(("cooperative", 0));
        report.Duration.ShouldBeGreaterThan(TimeSpan.FromSeconds(6.9));
    }
}
