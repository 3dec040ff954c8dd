using System.Diagnostics;
using System.Text.Json;
using WorkerManagement.Posix;

namespace WorkerManagement.Tests;

/// <summary>What the seed promised, in its words.</summary>
public sealed class SeedApiTests(ITestOutputHelper output)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fifty_threads_get_one_instance()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(WorkerManager.GetInstance)));
        all.Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_live_child_is_registered_and_stopped_and_leaves_the_registry()
    {
        await using var fixture = new ManagerFixture();
        using var process = Process.Start("/bin/sleep", "1000");
        fixture.Manager.RegisterWorker("vectorization", WorkerRegistration.ForProcess(process) with { Name = "vectorization_7" });
        var status = fixture.Manager.GetWorkerStatus();
        status.TotalWorkers.ShouldBe(1);
        status.ByType["vectorization"].Pids.ShouldBe([process.Id]);
        status.ByType["vectorization"].Names.ShouldBe(["vectorization_7"]);
        var worker = status.Workers.Single();
        (worker.Type, worker.Pid, worker.Name, worker.Alive).ShouldBe(("vectorization", process.Id, "vectorization_7", true));
        (DateTimeOffset.UtcNow - worker.RegisteredAt).ShouldBeLessThan(TimeSpan.FromMinutes(1));
        var report = fixture.Manager.StopWorkerType("vectorization");
        (report.Success, report.Stopped, report.Failed).ShouldBe((true, 1, 0));
        report.Workers.Single().Outcome.ShouldBe("cooperative");
        await process.WaitForExitAsync(Cancel);
        fixture.Manager.GetWorkerStatus().TotalWorkers.ShouldBe(0);
    }

    [Fact]
    public async Task What_cannot_be_registered_is_refused_with_the_reason()
    {
        await using var fixture = new ManagerFixture();
        using var process = Process.Start("/bin/sleep", "1000");
        fixture.Manager.RegisterWorker("a", WorkerRegistration.ForProcess(process));
        Should.Throw<WorkerManagementException>(() => fixture.Manager.RegisterWorker("b", WorkerRegistration.ForPid(process.Id))).Message.ShouldContain("registered already");
        Should.Throw<WorkerManagementException>(() => fixture.Manager.RegisterWorker("b", new())).Message.ShouldContain("nothing to manage");
        fixture.Manager.UnregisterWorker("a", process.Id + 1).ShouldBe(0);
        fixture.Manager.UnregisterWorker("a", process.Id).ShouldBe(1);
        fixture.Manager.UnregisterWorker("unknown").ShouldBe(0);
        process.Kill();
        await process.WaitForExitAsync(Cancel);
        Should.Throw<WorkerManagementException>(() => fixture.Manager.RegisterWorker("b", WorkerRegistration.ForPid(process.Id))).Message.ShouldContain("does not exist");
    }

    [Fact]
    public async Task Unregistering_counts_what_leaves_and_stops_nothing()
    {
        await using var fixture = new ManagerFixture();
        using var first = Process.Start("/bin/sleep", "1000");
        using var second = Process.Start("/bin/sleep", "1000");
        fixture.Manager.RegisterWorker("repair", WorkerRegistration.ForProcess(first));
        fixture.Manager.RegisterWorker("repair", WorkerRegistration.ForProcess(second));
        fixture.Manager.RegisterWorker("repair", WorkerRegistration.ForQueue(new SlowQueue()));
        fixture.Manager.RegisterWorker("other", WorkerRegistration.ForQueue(new SlowQueue()));
        fixture.Manager.UnregisterWorker("unknown").ShouldBe(0);
        fixture.Manager.UnregisterWorker("unknown", first.Id).ShouldBe(0);
        fixture.Manager.UnregisterWorker("repair", first.Id).ShouldBe(1);
        fixture.Manager.UnregisterWorker("repair", first.Id).ShouldBe(0);
        fixture.Manager.UnregisterWorker("repair").ShouldBe(2);
        fixture.Manager.GetWorkerStatus().Workers.Select(worker => worker.Type).ShouldBe(["other"]);
        (first.HasExited, second.HasExited).ShouldBe((false, false));

        // What was given up may be handed over again.
        fixture.Manager.RegisterWorker("again", WorkerRegistration.ForPid(first.Id));
        fixture.Manager.UnregisterWorker("again").ShouldBe(1);
        fixture.Manager.UnregisterWorker("other").ShouldBe(1);
        foreach (var process in (Process[])[first, second])
        {
            process.Kill();
            await process.WaitForExitAsync(Cancel);
        }
    }

    [Fact]
    public async Task The_same_name_or_queue_twice_is_refused()
    {
        await using var fixture = new ManagerFixture();
        var queue = new SlowQueue();
        fixture.Manager.RegisterWorker("a", WorkerRegistration.ForQueue(queue) with { Name = "q" });
        Should.Throw<WorkerManagementException>(() => fixture.Manager.RegisterWorker("b", WorkerRegistration.ForQueue(queue))).Message.ShouldContain("registered already as 'q' of type 'a'; unregister that one first");
        Should.Throw<WorkerManagementException>(() => fixture.Manager.RegisterWorker("b", WorkerRegistration.ForQueue(new SlowQueue()) with { Name = "q" })).Message.ShouldContain("give this one another Name");
        Should.Throw<WorkerManagementException>(() => fixture.Manager.RegisterWorker("b", WorkerRegistration.ForPid(Environment.ProcessId))).Message.ShouldContain("this process itself");
        fixture.Manager.UnregisterWorker("a");
    }

    [Fact]
    public async Task Nothing_is_registered_once_a_stop_of_everything_began()
    {
        await using var fixture = new ManagerFixture();
        using var process = Process.Start("/bin/sleep", "1000");
        var queue = new SlowQueue();
        fixture.Manager.RegisterWorker("q", WorkerRegistration.ForQueue(queue));
        var stopping = fixture.Manager.StopAllWorkersAsync(cancellationToken: Cancel);
        await queue.Asked.Task.WaitAsync(Cancel);
        foreach (var late in (WorkerRegistration[])[WorkerRegistration.ForProcess(process), WorkerRegistration.ForQueue(new SlowQueue())])
        {
            Should.Throw<WorkerManagementException>(() => fixture.Manager.RegisterWorker("late", late)).Message
                .ShouldBe("cannot register a worker of type 'late': the manager is stopping all workers; wait until that stop is done");
        }

        queue.MayEnd.SetResult();
        (await stopping).Success.ShouldBeTrue();
        process.HasExited.ShouldBeFalse();
        process.Kill();
        await process.WaitForExitAsync(Cancel);
    }

    [Fact]
    public async Task A_registered_process_that_exits_shows_so_with_its_exit_and_leaves_no_zombie()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartAsync(Cancel);
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "read line; exit 7"]) { RedirectStandardInput = true })!;
        using var pinned = PidFd.TryOpen(process.Id).ShouldNotBeNull();
        fixture.Manager.RegisterWorker("a", WorkerRegistration.ForProcess(process) with { Name = "a" });
        var shown = fixture.UntilAsync("a", worker => !worker.Alive);
        process.StandardInput.Close();
        Poll.IsReadable(pinned.Descriptor, 10_000).ShouldBeTrue();
        var ended = Stopwatch.GetTimestamp();
        await shown;
        var took = Stopwatch.GetElapsedTime(ended);
        output.WriteLine($"shown {took.TotalMilliseconds:0.0} ms after the kernel said so");
        took.ShouldBeLessThan(TimeSpan.FromSeconds(1));
        await fixture.UntilAsync("a", worker => worker.Exit is not null);
        (fixture.Status("a").Exit!.Code, fixture.Status("a").Pid, fixture.Manager.GetWorkerStatus().TotalWorkers).ShouldBe((7, process.Id, 1));
        File.Exists($"/proc/{process.Id}/stat").ShouldBeFalse();
    }

    [Fact]
    public async Task Stopping_an_unknown_type_is_a_success_with_every_field()
    {
        await using var fixture = new ManagerFixture();
        var report = fixture.Manager.StopWorkerType("nobody");
        JsonSerializer.Serialize(report).ShouldBe("""{"success":true,"stopped":0,"failed":0,"errors":[],"message":"No workers of type \u0027nobody\u0027","workers":[]}""");
    }

    [Fact]
    public async Task A_queue_is_awaited_to_its_end()
    {
        await using var fixture = new ManagerFixture();
        var queue = new SlowQueue();
        fixture.Manager.RegisterWorker("sqlite_queue", WorkerRegistration.ForQueue(queue) with { Name = "q", Metadata = new Dictionary<string, string> { ["db_path"] = "/x" } });
        var stopping = fixture.Manager.StopAllWorkersAsync(cancellationToken: Cancel);
        await queue.Asked.Task;
        stopping.IsCompleted.ShouldBeFalse();
        Should.Throw<WorkerManagementException>(() => fixture.Manager.RegisterWorker("x", WorkerRegistration.ForQueue(new SlowQueue()))).Message.ShouldContain("stopping all workers");
        queue.MayEnd.SetResult();
        (await stopping).TotalStopped.ShouldBe(1);
        fixture.Manager.GetWorkerStatus().TotalWorkers.ShouldBe(0);
    }

    private sealed class SlowQueue : IWorkerQueue
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource MayEnd { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Running { get; set; } = true;

        public bool IsRunning => Running;

        public async Task StopAsync(CancellationToken force)
        {
            Asked.SetResult();
            await MayEnd.Task.WaitAsync(force);
            Running = false;
        }
    }
}
