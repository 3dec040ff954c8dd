using System.Text.Json;

namespace WorkerManagement.Tests;

/// <summary>CPU and memory of a worker with everything below it.</summary>
public sealed class UsageTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Usage_counts_a_worker_with_its_members()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkersAsync(
        [
            ManagerFixture.Shell("busy", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; sleep 1000 & setsid sleep 1001 & echo up; wait") with { Ready = new ReadinessProbe.LogLine("up") },
            ManagerFixture.Shell("idle", "exec sleep 1000"),
        ], Cancel);
        await fixture.UntilAsync("busy", worker => worker.Ready);

        // A child has its program's name once that is executed, and memory a moment later.
        var usage = await fixture.Manager.GetUsageAsync(cancellationToken: Cancel);
        while (usage.Workers.Single(worker => worker.Name == "busy").Members.Count(member => member is { Name: "sleep", ResidentBytes: > 0 }) < 2)
        {
            usage = await fixture.Manager.GetUsageAsync(cancellationToken: Cancel);
        }

        usage.Workers.Select(worker => worker.Name).ShouldBe(["busy", "idle"], ignoreOrder: true);
        var busy = usage.Workers.Single(worker => worker.Name == "busy");
        busy.Pid.ShouldBe(fixture.Status("busy").Pid);
        busy.Members[0].Pid.ShouldBe(busy.Pid!.Value);
        busy.Members.Count.ShouldBe(3);
        busy.Members.Skip(1).ShouldAllBe(member => member.ParentPid == busy.Pid);
        busy.CpuTime.ShouldBeGreaterThan(TimeSpan.Zero);
        busy.ResidentBytes.ShouldBe(busy.Members.Sum(member => member.ResidentBytes));
        busy.Members.ShouldAllBe(member => member.ResidentBytes > 0);
    }

    [Fact]
    public async Task Usage_of_named_workers_passes_over_the_others_and_those_that_are_down()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkersAsync([ManagerFixture.Shell("a", "exec sleep 1000"), ManagerFixture.Shell("b", "exec sleep 1000"), ManagerFixture.Shell("c", "exec sleep 1000")], Cancel);
        await fixture.Manager.StopWorkerAsync("c", cancellationToken: Cancel);
        (await fixture.Manager.GetUsageAsync(["a", "c", "nobody"], Cancel)).Workers.ShouldHaveSingleItem().Name.ShouldBe("a");
    }

    [Fact]
    public void Usage_as_JSON_has_the_published_keys()
    {
        var report = new UsageReport
        {
            At = DateTimeOffset.FromUnixTimeSeconds(1000),
            Workers = [new() { Name = "a", Pid = 7, CpuTime = TimeSpan.FromMilliseconds(1500), ResidentBytes = 4096, Members = [new() { Pid = 7, ParentPid = 1, Name = "sh", CpuTime = TimeSpan.FromSeconds(1), ResidentBytes = 4096 }] }],
        };
        JsonSerializer.Serialize(report).ShouldBe(
            """{"at":1000,"workers":[{"name":"a","pid":7,"cpu_seconds":1.5,"rss_bytes":4096,"members":[{"pid":7,"ppid":1,"name":"sh","cpu_seconds":1,"rss_bytes":4096}]}]}""");
    }
}
