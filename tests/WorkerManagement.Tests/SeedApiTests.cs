using System.Diagnostics;
using System.Text.Json;

namespace WorkerManagement.Tests;

/// <summary>What the seed promised, in its words.</summary>
public sealed class SeedApiTests
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
    public async Task A_registered_process_that_exits_shows_so_with_its_exit()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartAsync(Cancel);
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "read line; exit 7"]) { RedirectStandardInput = true })!;
        fixture.Manager.RegisterWorker("a", WorkerRegistration.ForProcess(process) with { Name = "a" });
        process.StandardInput.Close();
        await fixture.UntilAsync("a", worker => !worker.Alive);
        fixture.Status("a").Exit.ShouldNotBeNull().Code.ShouldBe(7);
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

    [Fact]
    public async Task The_JSON_has_the_seeds_keys()
    {
        await using var fixture = new ManagerFixture();
        fixture.Manager.RegisterWorker("sqlite_queue", WorkerRegistration.ForQueue(new SlowQueue { Running = false }));
        using var status = JsonDocument.Parse(JsonSerializer.Serialize(fixture.Manager.GetWorkerStatus()));
        Keys(status.RootElement).ShouldBe(["total_workers", "by_type", "workers", "version", "incidents", "manager"]);
        Keys(status.RootElement.GetProperty("by_type").GetProperty("sqlite_queue")).ShouldBe(["count", "pids", "names"]);
        Keys(status.RootElement.GetProperty("workers")[0]).Take(5).ShouldBe(["type", "pid", "name", "alive", "registered_at"]);
        status.RootElement.GetProperty("workers")[0].GetProperty("registered_at").ValueKind.ShouldBe(JsonValueKind.Number);
        using var stop = JsonDocument.Parse(JsonSerializer.Serialize(fixture.Manager.StopAllWorkers()));
        Keys(stop.RootElement).ShouldBe(["success", "total_stopped", "total_failed", "by_type", "errors", "message"]);
    }

    private static IEnumerable<string> Keys(JsonElement element) => element.EnumerateObject().Select(property => property.Name);

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
