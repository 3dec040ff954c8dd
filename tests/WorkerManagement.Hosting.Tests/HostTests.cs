using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using WorkerManagement.Posix;

namespace WorkerManagement.Hosting.Tests;

/// <summary>The manager under a host. One after the other: each host makes its manager the process's default.</summary>
[CollectionDefinition(nameof(HostTests), DisableParallelization = true)]
[Collection(nameof(HostTests))]
public sealed class HostTests : IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("manager-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_hosts_manager_is_the_instance_and_its_workers_live_with_the_host()
    {
        PidFd leader;
        using (var host = Build(Sleep("a")))
        {
            await host.StartAsync(Cancel);
            var manager = host.Services.GetRequiredService<WorkerManager>();
            WorkerManager.Instance.ShouldBeSameAs(manager);
            WorkerManager.GetInstance().ShouldBeSameAs(manager);
            var worker = manager.GetWorkerStatus().Workers.Single();
            (worker.Name, worker.Alive).ShouldBe(("a", true));
            leader = PidFd.TryOpen(worker.Pid!.Value).ShouldNotBeNull();
            await host.StopAsync(Cancel);
            leader.HasEnded.ShouldBeTrue();
            (manager.GetWorkerStatus().Workers.Single().State, manager.GetWorkerStatus().Workers.Single().Exit!.Signal).ShouldBe((WorkerState.Stopped, "SIGTERM"));
        }

        leader.Dispose();
    }

    [Fact]
    public async Task A_second_AddWorkerManager_adds_to_the_same_options_and_starts_nothing_twice()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddWorkerManager(options =>
        {
            options.StateDirectory = _state;
            options.Workers.Add(Sleep("a"));
        });
        builder.Services.AddWorkerManager(options => options.Workers.Add(Sleep("b")));
        builder.Services.Count(service => service.ServiceType == typeof(WorkerManager)).ShouldBe(1);
        builder.Services.Count(service => service.ServiceType == typeof(IHostedService)).ShouldBe(1);
        using var host = builder.Build();
        await host.StartAsync(Cancel);
        host.Services.GetRequiredService<WorkerManager>().GetWorkerStatus().Workers.Select(worker => (worker.Name, worker.Alive)).ShouldBe([("a", true), ("b", true)]);
        await host.StopAsync(Cancel);
    }

    [Fact]
    public async Task A_hosted_service_of_the_users_own_runs_beside_it()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddHostedService<Own>();
        builder.Services.AddWorkerManager(options => options.StateDirectory = _state);
        builder.Services.AddHostedService<Own>();
        using var host = builder.Build();
        await host.StartAsync(Cancel);

        // AddHostedService keeps one of a type; ours must not be the one that is lost.
        host.Services.GetServices<IHostedService>().Count().ShouldBe(2);
        host.Services.GetRequiredService<WorkerManager>().GetWorkerStatus().Manager.GuardPid.ShouldNotBeNull();
        await host.StopAsync(Cancel);
    }

    [Fact]
    public async Task A_stubborn_worker_goes_within_the_hosts_time()
    {
        var stubborn = Sleep("s") with { Command = ["/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 100; done"], Ready = new ReadinessProbe.LogLine("^up"), Stop = [new(15, TimeSpan.FromSeconds(4))] };
        using var host = Build(stubborn, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1));
        await host.StartAsync(Cancel);
        var manager = host.Services.GetRequiredService<WorkerManager>();
        await UntilAsync(manager, worker => worker.Ready);
        await host.StopAsync(Cancel);
        manager.GetWorkerStatus().Workers.Single().Exit!.Signal.ShouldBe("SIGKILL");
    }

    [Fact]
    public async Task A_hang_up_stops_the_host_in_order()
    {
        // SigIgn: a mask of signals, the first one in its lowest bit.
        var ignored = Convert.ToUInt64(File.ReadLines("/proc/self/status").Single(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))[7..].Trim(), 16);
        Assert.SkipWhen((ignored & 1) != 0, "this test run ignores SIGHUP (nohup)");
        using var host = Build(Sleep("a"));
        await host.StartAsync(Cancel);
        var manager = host.Services.GetRequiredService<WorkerManager>();
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);
        using (var own = PidFd.TryOpen(Environment.ProcessId).ShouldNotBeNull())
        {
            own.Send(1).ShouldBeTrue();
        }

        await stopping.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        await host.StopAsync(Cancel);
        manager.GetWorkerStatus().Workers.Single().State.ShouldBe(WorkerState.Stopped);
    }

    [Fact]
    public async Task A_shutdown_timeout_that_does_not_fit_is_refused_at_start_with_both_numbers()
    {
        using var host = Build(Sleep("a"), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(12.5));
        (await Should.ThrowAsync<WorkerManagementException>(() => host.StartAsync(Cancel))).Message
            .ShouldContain("shutdown timeout (12.5 s) does not fit into HostOptions.ShutdownTimeout (5 s)");
    }

    [Fact]
    public async Task A_ladder_that_does_not_fit_is_refused_at_start_with_both_numbers()
    {
        using var host = Build(Sleep("slow") with { Stop = [new(0, TimeSpan.FromSeconds(4)), new(15, TimeSpan.FromSeconds(3))] }, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2));
        (await Should.ThrowAsync<WorkerManagementException>(() => host.StartAsync(Cancel))).Message
            .ShouldContain("the stop of worker 'slow' may take 7 s, which does not fit into HostOptions.ShutdownTimeout (5 s)");
    }

    [Fact]
    public async Task A_worker_that_cannot_start_fails_the_hosts_start_and_leaves_nothing()
    {
        using (var host = Build(Sleep("a") with { Command = ["/nonexistent/program"] }))
        {
            (await Should.ThrowAsync<WorkerManagementException>(() => host.StartAsync(Cancel))).Message.ShouldContain("'/nonexistent/program' does not exist");
        }

        using var again = Build(Sleep("a"));
        await again.StartAsync(Cancel);
        await again.StopAsync(Cancel);
    }

    [Fact]
    public async Task The_health_check_tells_healthy_degraded_and_unhealthy()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddHealthChecks().AddWorkerManager();
        builder.Services.AddWorkerManager(options => options.StateDirectory = _state);
        using var host = builder.Build();
        await host.StartAsync(Cancel);
        var manager = host.Services.GetRequiredService<WorkerManager>();
        var health = host.Services.GetRequiredService<HealthCheckService>();
        (await CheckAsync(health)).ShouldBe((HealthStatus.Healthy, "0 workers"));
        await manager.StartWorkerAsync(Sleep("a"), Cancel);
        (await CheckAsync(health)).ShouldBe((HealthStatus.Healthy, "1 workers"));
        await manager.StartWorkerAsync(Sleep("b") with { Ready = new ReadinessProbe.LogLine("never") }, Cancel);
        (await CheckAsync(health)).ShouldBe((HealthStatus.Degraded, "b: waiting until it is ready"));
        await manager.StartWorkerAsync(Sleep("c") with { Command = ["/bin/false"], Intensity = new(0, TimeSpan.FromSeconds(60)) }, Cancel);
        await UntilAsync(manager, worker => worker is { Name: "c", State: WorkerState.GaveUp });
        var (status, why) = await CheckAsync(health);
        status.ShouldBe(HealthStatus.Unhealthy);
        why.ShouldNotBeNull().ShouldStartWith("c: ended with exit code 1; gave up");

        // What is wanted down does not count.
        await manager.StopWorkerAsync("b", cancellationToken: Cancel);
        await manager.StopWorkerAsync("c", cancellationToken: Cancel);
        (await CheckAsync(health)).Item1.ShouldBe(HealthStatus.Healthy);
        await host.StopAsync(Cancel);
    }

    public void Dispose() => Directory.Delete(_state, recursive: true);

    private static async Task<(HealthStatus, string?)> CheckAsync(HealthCheckService health)
    {
        var entry = (await health.CheckHealthAsync(Cancel)).Entries["workers"];
        return (entry.Status, entry.Description);
    }

    private static WorkerSpec Sleep(string name) => new() { Name = name, Command = ["/bin/sleep", "1000"], Stop = [new(15, TimeSpan.FromSeconds(1))] };

    private IHost Build(WorkerSpec worker, TimeSpan? host = null, TimeSpan? workers = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = host ?? TimeSpan.FromSeconds(30));
        builder.Services.AddWorkerManager(options =>
        {
            options.StateDirectory = _state;
            options.ShutdownTimeout = workers ?? TimeSpan.FromSeconds(5);
            options.Workers.Add(worker);
        });
        return builder.Build();
    }

    private static async Task UntilAsync(WorkerManager manager, Func<WorkerStatus, bool> holds)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        await foreach (var report in manager.WatchAsync(bound.Token))
        {
            if (report.Workers.Any(holds))
            {
                return;
            }
        }
    }

    private sealed class Own : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;
    }
}
