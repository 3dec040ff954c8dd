using System.Diagnostics;
using WorkerManagement.Posix;

namespace WorkerManagement.Tests;

public sealed class ManagedWorkerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_started_worker_is_alive_with_its_pid_and_stops_cooperatively()
    {
        await using var fixture = new ManagerFixture();
        var status = await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("a", "sleep 1000"), Cancel);
        status.Alive.ShouldBeTrue();
        status.State.ShouldBe(WorkerState.Running);
        status.Incarnation.ShouldBe(1);
        using var leader = PidFd.TryOpen(status.Pid!.Value).ShouldNotBeNull();
        var report = await fixture.Manager.StopWorkerTypeAsync("a", cancellationToken: Cancel);
        report.Success.ShouldBeTrue();
        report.Workers.Single().Outcome.ShouldBe("cooperative");
        leader.HasEnded.ShouldBeTrue();
        fixture.Status("a").State.ShouldBe(WorkerState.Stopped);
        fixture.Status("a").Alive.ShouldBeFalse();
    }

    [Fact]
    public async Task A_killed_worker_is_replaced_under_a_new_incarnation()
    {
        await using var fixture = new ManagerFixture();
        var first = await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("a", "sleep 1000"), Cancel);
        using (var leader = PidFd.TryOpen(first.Pid!.Value).ShouldNotBeNull())
        {
            leader.Send(9).ShouldBeTrue();
        }

        await fixture.UntilAsync("a", worker => worker.Alive && worker.Incarnation > first.Incarnation);
        var second = fixture.Status("a");
        second.Restarts.ShouldBe(1);
        second.Exit.ShouldNotBeNull().Signal.ShouldBe("SIGKILL");
        fixture.Manager.GetWorkerStatus().Incidents.ShouldContain(incident => incident.Kind == "restart" && incident.Worker == "a");
    }

    [Fact]
    public async Task Dependents_start_after_and_stop_before_what_they_need()
    {
        await using var fixture = new ManagerFixture();
        var log = Path.Combine(fixture.Directory, "order");
        var database = ManagerFixture.Shell("db", $"trap 'echo db >> {log}; exit 0' TERM; sleep 0.2; echo ready; while :; do sleep 0.05; done") with { Ready = new ReadinessProbe.LogLine("ready") };
        var web = ManagerFixture.Shell("web", $"trap 'echo web >> {log}; exit 0' TERM; echo up; while :; do sleep 0.05; done") with { Ready = new ReadinessProbe.LogLine("up"), DependsOn = new Dictionary<string, DependencyCondition> { ["db"] = DependencyCondition.Ready } };
        await fixture.Manager.StartWorkersAsync([web, database], Cancel);
        await fixture.UntilAsync("web", worker => worker.Ready);
        fixture.Status("web").StartedAt!.Value.ShouldBeGreaterThan(fixture.Status("db").StartedAt!.Value + TimeSpan.FromMilliseconds(150));
        fixture.Manager.PlanStop().Waves.Select(wave => wave.Single().Name).ShouldBe(["web", "db"]);
        (await fixture.Manager.StopAllWorkersAsync(cancellationToken: Cancel)).Success.ShouldBeTrue();
        (await File.ReadAllLinesAsync(log, Cancel)).ShouldBe(["web", "db"]);
    }

    [Fact]
    public async Task Of_many_started_at_once_each_has_its_own_output()
    {
        // Many of them are told in one message, with the pipes of all: each must get those that are its own, and which of the two is which.
        await using var fixture = new ManagerFixture();
        var workers = Enumerable.Range(0, 200).Select(i =>
        {
            var name = $"w{i}";
            return ManagerFixture.Shell(name, i % 2 == 0 ? $"echo I am {name}; exec sleep 1000" : $"echo I am {name} >&2; exec sleep 1000", "many") with { Ready = new ReadinessProbe.LogLine($"^I am {name}$") };
        }).ToArray();
        await fixture.Manager.StartWorkersAsync(workers, Cancel);
        await fixture.UntilAsync(report => report.Workers.All(worker => worker.Ready));
        (await fixture.Manager.StopWorkerTypeAsync("many", cancellationToken: Cancel)).Success.ShouldBeTrue();
    }

    [Fact]
    public async Task A_circle_is_refused_with_its_path()
    {
        await using var fixture = new ManagerFixture();
        WorkerSpec Needs(string name, string other) => ManagerFixture.Shell(name, "sleep 1") with { DependsOn = new Dictionary<string, DependencyCondition> { [other] = DependencyCondition.Started } };
        var exception = await Should.ThrowAsync<WorkerManagementException>(() => fixture.Manager.StartWorkersAsync([Needs("a", "b"), Needs("b", "c"), Needs("c", "a")], Cancel));
        exception.Message.ShouldContain("a -> b -> c -> a");
        (await Should.ThrowAsync<WorkerManagementException>(() => fixture.Manager.StartWorkersAsync([Needs("a", "nobody")], Cancel))).Message.ShouldContain("'nobody'");
    }

    [Theory]
    [InlineData("guard")]
    [InlineData("keeper")]
    public async Task A_killed_guard_or_keeper_means_one_incident_and_one_new_generation(string victim)
    {
        await using var fixture = new ManagerFixture();
        var first = await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("a", "sleep 1000"), Cancel);
        using var old = PidFd.TryOpen(first.Pid!.Value).ShouldNotBeNull();
        var manager = fixture.Manager.GetWorkerStatus().Manager;
        using (var target = PidFd.TryOpen(victim == "guard" ? manager.GuardPid!.Value : manager.KeeperPid!.Value).ShouldNotBeNull())
        {
            target.Send(9).ShouldBeTrue();
        }

        await fixture.UntilAsync("a", worker => worker.Alive && worker.Incarnation > first.Incarnation);
        old.HasEnded.ShouldBeTrue();
        fixture.Manager.GetWorkerStatus().Incidents.Count(incident => incident.Kind == "guard_lost").ShouldBe(1);
    }

    [Fact]
    public async Task A_second_manager_on_the_same_directory_is_refused_with_the_owners_pid()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartAsync(Cancel);
        await using var second = new WorkerManager(new() { StateDirectory = fixture.Directory });
        (await Should.ThrowAsync<WorkerManagementException>(() => second.StartAsync(Cancel))).Message.ShouldContain($"process {Environment.ProcessId}");
    }

    [Fact]
    public async Task Concurrent_stops_share_one_report()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("a", "trap 'sleep 1; exit 0' TERM; echo up; while :; do sleep 0.05; done") with { Ready = new ReadinessProbe.LogLine("up") }, Cancel);
        await fixture.UntilAsync("a", worker => worker.Ready);
        var both = await Task.WhenAll(fixture.Manager.StopAllWorkersAsync(cancellationToken: Cancel), fixture.Manager.StopAllWorkersAsync(cancellationToken: Cancel));
        both[0].ShouldBeSameAs(both[1]);
        both[0].TotalStopped.ShouldBe(1);
    }

    [Theory]
    [InlineData("/nonexistent/x", "does not exist")]
    [InlineData("no-such-program-anywhere", "in PATH")]
    [InlineData("/etc/passwd", "not executable")]
    [InlineData("/etc", "is a directory")]
    public async Task A_program_that_cannot_run_is_refused_with_a_remedy(string program, string told)
    {
        await using var fixture = new ManagerFixture();
        (await Should.ThrowAsync<WorkerManagementException>(() => fixture.Manager.StartWorkerAsync(new WorkerSpec { Name = "x", Command = [program] }, Cancel))).Message.ShouldContain(told);
    }
}
