using WorkerManagement.Capsules;

namespace WorkerManagement.Tests;

/// <summary>One capsule for each abnormal end, with all that helps and nothing secret.</summary>
public sealed class CapsuleTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_abnormal_end_leaves_a_capsule_with_all_that_was_known_and_nothing_secret()
    {
        await using var fixture = new ManagerFixture();
        var spec = ManagerFixture.Shell("a", "setsid sleep 1000 & for i in $(seq 300); do echo line $i; done; echo \"the key is $API_KEY\"; echo oops >&2; kill -SEGV $$") with
        {
            Restart = RestartPolicy.Permanent,
            Backoff = new(TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeSpan.FromHours(1)),
            Environment = new Dictionary<string, string> { ["API_KEY"] = "s3cr3t-value", ["HARMLESS"] = "plain-value-nobody-needs" },
        };
        spec = spec with { Command = [.. spec.Command, "sh", "--password", "hunter22", "postgres://me:pw1234@db/x", "token=abcdef"] };
        await fixture.Manager.StartWorkerAsync(spec, Cancel);
        await fixture.UntilAsync("a", worker => worker.State is WorkerState.BackingOff);
        await fixture.Manager.DisposeAsync();
        var store = new CapsuleStore(fixture.Directory);
        var entry = store.List().Single();
        (entry.Id, entry.Worker, entry.Then).ShouldBe(("a.1", "a", WorkerState.BackingOff));
        var capsule = store.Find("a.1").ShouldNotBeNull();
        (capsule.Exit.Signal, capsule.Incarnation, capsule.MembersKilled).ShouldBe(("SIGSEGV", 1, 1));
        capsule.Why.ShouldBe("ended with SIGSEGV" + (capsule.Exit.Core ? ", core dumped" : ""), capsule.Why);
        capsule.Output.Count.ShouldBe(200);
        capsule.Output.ShouldContain("line 300");
        capsule.Output.ShouldContain("the key is ***");
        capsule.Output.ShouldContain("oops");
        capsule.Command.TakeLast(4).ShouldBe(["--password", "***", "postgres://me:***@db/x", "token=***"]);
        capsule.EnvironmentNames.ShouldContain("HARMLESS");
        capsule.EnvironmentNames.ShouldContain("WORKER_INCARNATION");
        capsule.Timeline.Select(moment => moment.State).ShouldBe([WorkerState.Starting, WorkerState.Running, WorkerState.Stopping, WorkerState.BackingOff]);
        capsule.Exit.PeakMemoryBytes.ShouldBeGreaterThan(0);
        foreach (var file in Directory.GetFiles(store.Directory))
        {
            var text = await File.ReadAllTextAsync(file, Cancel);
            text.ShouldNotContain("s3cr3t");
            text.ShouldNotContain("hunter22");
            text.ShouldNotContain("pw1234");
            text.ShouldNotContain("abcdef");
            text.ShouldNotContain("plain-value-nobody-needs");
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public async Task What_was_asked_for_and_what_succeeded_leave_none_and_the_limits_are_those_of_a_worker()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("stopped", "exec sleep 1000"), Cancel);
        await fixture.Manager.StopWorkerAsync("stopped", cancellationToken: Cancel);
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("restarted", "trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done") with { Ready = new ReadinessProbe.LogLine("up") }, Cancel);
        await fixture.UntilAsync("restarted", worker => worker.Ready);
        await fixture.Manager.RestartWorkerAsync("restarted", cancellationToken: Cancel);
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("done", "exit 0") with { Restart = RestartPolicy.Transient }, Cancel);
        await fixture.UntilAsync("done", worker => worker.State is WorkerState.Stopped);
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("silent", "exec sleep 1000") with { Watchdog = TimeSpan.FromMilliseconds(50), Backoff = new(TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeSpan.FromHours(1)) }, Cancel);
        await fixture.UntilAsync("silent", worker => worker.State is WorkerState.BackingOff);
        await fixture.Manager.DisposeAsync();
        var store = new CapsuleStore(fixture.Directory);
        store.List().Select(entry => entry.Worker).ShouldBe(["silent"]);
        var capsule = store.Find(store.Newest("silent")!).ShouldNotBeNull();
        capsule.Why.ShouldStartWith("no WATCHDOG=1 for 0.05 s");
        capsule.Limits["Max core file size"].ShouldEndWith(" bytes");
        capsule.Limits.Keys.ShouldNotContain("Max file locks");
        CapsuleText.Of(capsule).ShouldContain("it wrote nothing");
        CapsuleText.Of(capsule with { Command = ["/bin/sh", "-c", "echo 'a b' $HOME", ""] }).ShouldContain("command   /bin/sh -c 'echo '\\''a b'\\'' $HOME' ''\n");
    }

    [Fact]
    public void Their_number_is_bounded_and_a_damaged_one_or_a_path_is_none()
    {
        var directory = Directory.CreateTempSubdirectory("capsules-").FullName;
        var store = new CapsuleStore(directory);
        for (var i = 1; i <= 12; i++)
        {
            store.Write(new() { Id = CapsuleStore.IdOf("w.x", i), Worker = "w.x", Type = "t", Incarnation = i, Exit = new() { Code = i }, Why = "ended", Then = new(default, WorkerState.GaveUp, "gave up") }, 5);
        }

        store.List().Select(entry => entry.Incarnation).ShouldBe([12, 11, 10, 9, 8]);
        Directory.GetFiles(store.Directory).Length.ShouldBe(10);
        (store.Newest("w.x"), store.Newest("w")).ShouldBe(("w.x.12", null));
        store.Find("../capsules/w.x.12").ShouldBeNull();
        File.WriteAllText(Path.Combine(store.Directory, "w.x.12.json"), "{\"id\":");
        store.Find("w.x.12").ShouldBeNull();
        store.List().Count.ShouldBe(4);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_disk_that_refuses_costs_the_capsule_and_nothing_else()
    {
        await using var fixture = new ManagerFixture();
        await File.WriteAllTextAsync(Path.Combine(fixture.Directory, "capsules"), "in the way", Cancel);
        var never = new Backoff(TimeSpan.FromHours(1), TimeSpan.FromHours(1), TimeSpan.FromHours(1));
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("a", "exit 3") with { Backoff = never }, Cancel);
        var report = await fixture.UntilAsync(report => report.Incidents.Any(incident => incident.Kind == "capsule_failure"));
        report.Workers.Single().State.ShouldBe(WorkerState.BackingOff);
        File.Delete(Path.Combine(fixture.Directory, "capsules"));
        await fixture.Manager.StartWorkerAsync("a", Cancel);
        await fixture.UntilAsync("a", worker => worker is { Incarnation: 2, State: WorkerState.BackingOff });
        await fixture.Manager.DisposeAsync();
        new CapsuleStore(fixture.Directory).List().Single().How.ShouldBe("exit code 3");
    }

    [Fact]
    public async Task Its_output_is_that_of_its_own_run()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("a", "echo run $WORKER_INCARNATION; test $WORKER_INCARNATION = 3 && exec sleep 1000; exit 1"), Cancel);
        await fixture.UntilAsync("a", worker => worker is { Incarnation: 3, Ready: true });
        await fixture.Manager.DisposeAsync();
        var store = new CapsuleStore(fixture.Directory);
        store.Find("a.1")!.Output.ShouldBe(["run 1"]);
        store.Find("a.2")!.Output.ShouldBe(["run 2"]);
        store.Find("a.3").ShouldBeNull();
    }
}
