using System.Net.Sockets;

namespace WorkerManagement.Tests;

/// <summary>A dependent starts only when what it needs is as it needs it, however that is learnt.</summary>
public sealed class ReadinessTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("notify")]
    [InlineData("tcp")]
    [InlineData("http")]
    [InlineData("command")]
    [InlineData("log")]
    public async Task Readiness_gates_dependents_for_each_kind_of_probe(string kind)
    {
        await using var fixture = new ManagerFixture();
        var go = Path.Combine(fixture.Directory, "go");
        var port = FreePort.Next();
        ReadinessProbe probe = kind switch
        {
            "notify" => new ReadinessProbe.Notify(),
            "tcp" => new ReadinessProbe.Tcp("127.0.0.1", port),
            "http" => new ReadinessProbe.Http(new($"http://127.0.0.1:{port}/health")),
            "command" => new ReadinessProbe.Command(["/usr/bin/test", "-e", go]),
            _ => new ReadinessProbe.LogLine("^now serving$"),
        };
        var needed = new WorkerSpec
        {
            Name = "needed",
            Command = kind == "command" ? ["/bin/sleep", "1000"] : Programs.Program.Command("serve", kind, go, port.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            Ready = probe,
        };
        var starting = fixture.Manager.StartWorkersAsync([Dependent("needed", DependencyCondition.Ready), needed], Cancel);
        await fixture.UntilAsync("needed", worker => worker.Alive);
        await fixture.UntilAsync("dependent", worker => worker.Why == "waiting for 'needed'");
        (fixture.Status("needed").Ready, fixture.Status("needed").State, fixture.Status("dependent").Incarnation).ShouldBe((false, WorkerState.Starting, 0));

        await File.WriteAllTextAsync(go, "", Cancel);
        await starting;
        (fixture.Status("needed").Ready, fixture.Status("dependent").Alive).ShouldBe((true, true));
        fixture.Status("dependent").StartedAt.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(fixture.Status("needed").Since);
        if (kind == "notify")
        {
            fixture.Status("needed").StatusText.ShouldBe("serving");
        }
    }

    [Fact]
    public async Task A_state_directory_that_was_removed_is_told_and_the_stop_succeeds_all_the_same()
    {
        var state = Directory.CreateTempSubdirectory("manager-").FullName;
        await using (var manager = new WorkerManager(new() { StateDirectory = state }))
        {
            await manager.StartWorkerAsync(ManagerFixture.Shell("a", "exec sleep 1000") with { Watchdog = TimeSpan.FromHours(1) }, Cancel);
            Directory.Delete(state, recursive: true);
            await manager.SignalWorkerAsync("a", 9, Cancel);
            await foreach (var report in manager.WatchAsync(Cancel))
            {
                if (report.Workers.Single() is { State: WorkerState.BackingOff, Why: var why } && why!.Contains("was removed", StringComparison.Ordinal))
                {
                    why.ShouldContain($"'{state}' of its manager was removed, without which it cannot tell that it is ready; stop the manager and start it again");
                    break;
                }
            }

            (await manager.StopAllWorkersAsync(cancellationToken: Cancel)).Success.ShouldBeTrue();
        }

        Directory.Exists(state).ShouldBeFalse("what keeps a second manager away went with it");
    }

    [Fact]
    public async Task A_dependent_on_started_does_not_wait_for_ready()
    {
        await using var fixture = new ManagerFixture();
        var needed = ManagerFixture.Shell("needed", "exec sleep 1000") with { Ready = new ReadinessProbe.LogLine("never") };
        await fixture.Manager.StartWorkersAsync([Dependent("needed", DependencyCondition.Started), needed], Cancel);
        (fixture.Status("needed").Ready, fixture.Status("dependent").Alive).ShouldBe((false, true));
    }

    [Theory]
    [InlineData("exit 0", true)]
    [InlineData("exit 1", false)]
    public async Task A_dependent_on_succeeded_waits_for_exit_0(string ends, bool starts)
    {
        await using var fixture = new ManagerFixture();
        var go = Path.Combine(fixture.Directory, "go");
        var needed = ManagerFixture.Shell("needed", $"mkfifo {go}; echo made; read line < {go}; {ends}") with { Restart = RestartPolicy.Temporary, Ready = new ReadinessProbe.LogLine("made") };
        var starting = fixture.Manager.StartWorkersAsync([Dependent("needed", DependencyCondition.Succeeded), needed], Cancel);
        await fixture.UntilAsync("needed", worker => worker.Ready);
        fixture.Status("dependent").Incarnation.ShouldBe(0);
        await File.WriteAllTextAsync(go, "\n", Cancel);
        await fixture.UntilAsync("needed", worker => worker.State is WorkerState.Stopped);
        if (starts)
        {
            await starting;
            fixture.Status("dependent").Alive.ShouldBeTrue();
        }
        else
        {
            (fixture.Status("dependent").Incarnation, fixture.Status("dependent").Why).ShouldBe((0, "waiting for 'needed'"));
            var stopped = await fixture.Manager.StopWorkerAsync("dependent", cancellationToken: Cancel);
            stopped.Outcome.ShouldBe("already gone");
            (await Should.ThrowAsync<WorkerManagementException>(() => starting)).Message.ShouldContain("'dependent' is stopped before it ran");
        }
    }

    private static WorkerSpec Dependent(string needed, DependencyCondition condition) =>
        ManagerFixture.Shell("dependent", "exec sleep 1000") with { DependsOn = new Dictionary<string, DependencyCondition> { [needed] = condition } };
}
