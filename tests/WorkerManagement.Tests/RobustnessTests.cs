using System.Diagnostics;
using Microsoft.Extensions.Logging;
using WorkerManagement.Posix;

namespace WorkerManagement.Tests;

/// <summary>What other code, disks and clocks do wrong does not stop supervision.</summary>
public sealed class RobustnessTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_worker_stays_in_the_directory_in_which_it_was_added_though_the_server_goes_elsewhere_and_loses_its_own()
    {
        var (code, said) = await Child.RunAsync(null, "wander");
        said.Split('\n').ShouldBe(
        [
            "at home",
            "worker 'b': the manager's working directory was removed; give the worker a directory by its full path",
            "worker 'c': its directory is empty or contains NUL; name one, or leave it out for the manager's own",
            "kept",
        ]);
        code.ShouldBe(0);
    }

    [Fact]
    public async Task A_server_that_was_stopped_for_a_while_does_not_take_that_for_its_workers_silence() =>
        (await Child.RunAsync(null, "sleep")).ShouldBe((0, "incarnation 1, 0 restarts"));

    [Fact]
    public async Task A_daemon_that_goes_to_the_background_is_ended_and_told_what_it_needs()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("daemon", "sleep 1000 & exit 0") with { Restart = RestartPolicy.Temporary }, Cancel);
        var report = await fixture.UntilAsync("daemon", worker => worker is { State: WorkerState.Stopped });
        report.Incidents.ShouldContain(incident => incident.Kind == "forced_kill" && incident.Reason == "worker 'daemon' left a process behind, now killed; a program that goes to the background needs its option to stay in the foreground");
    }

    [Fact]
    public async Task A_worker_inside_the_process_that_ends_by_itself_is_shown_as_not_alive()
    {
        await using var fixture = new ManagerFixture();
        var worker = new Inner { Runs = true };
        fixture.Manager.RegisterWorker("inner", WorkerRegistration.ForWorker(worker) with { Name = "inner" });
        fixture.Status("inner").Alive.ShouldBeTrue();
        worker.Runs = false;
        fixture.Status("inner").Alive.ShouldBeFalse();
        worker.Throws = true;
        fixture.Status("inner").Alive.ShouldBeFalse();
        (await fixture.Manager.StopAllWorkersAsync(cancellationToken: Cancel)).Success.ShouldBeTrue();
    }

    [Fact]
    public async Task A_child_registered_by_its_pid_alone_shows_its_exit_or_that_nobody_can_know_it()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartAsync(Cancel);
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "read line; exit 7"]) { RedirectStandardInput = true })!;
        fixture.Manager.RegisterWorker("a", WorkerRegistration.ForPid(process.Id) with { Name = "a" });
        process.StandardInput.Close();
        await fixture.UntilAsync("a", worker => !worker.Alive);
        var exit = fixture.Status("a").Exit.ShouldNotBeNull();
        (exit.Code == 7 || exit.Lost is not null).ShouldBeTrue();
        await process.WaitForExitAsync(Cancel);
        process.ExitCode.ShouldBe(7, "its exit is left to the one who started it");
    }

    [Fact]
    public async Task A_logger_that_fails_does_not_stop_supervision_and_is_counted()
    {
        var directory = Directory.CreateTempSubdirectory("manager-").FullName;
        await using (var manager = new WorkerManager(new() { StateDirectory = directory }, null, new FullDisk()))
        {
            // It is called beside the loop: what it refused is in some later status.
            for (var tries = 0; manager.GetWorkerStatus().Manager.LogFailures == 0; tries++)
            {
                tries.ShouldBeLessThan(50);
                (await manager.StartWorkerAsync(ManagerFixture.Shell("a", "exec sleep 1000"), Cancel)).Alive.ShouldBeTrue();
                (await manager.StopWorkerTypeAsync("a", cancellationToken: Cancel)).Success.ShouldBeTrue();
            }
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_logger_that_hangs_holds_up_neither_supervision_nor_the_end()
    {
        var directory = Directory.CreateTempSubdirectory("manager-").FullName;
        using var console = new Stuck();
        await using (var manager = new WorkerManager(new() { StateDirectory = directory }, null, console))
        {
            (await manager.StartWorkerAsync(ManagerFixture.Shell("a", "exec sleep 1000"), Cancel)).Alive.ShouldBeTrue();
            console.Reached.Wait(Cancel);
            (await manager.RestartWorkerAsync("a", cancellationToken: Cancel)).Incarnation.ShouldBe(2);
            (await manager.StopWorkerTypeAsync("a", cancellationToken: Cancel)).Success.ShouldBeTrue();
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_counter_that_cannot_be_written_keeps_no_worker_down()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartAsync(Cancel);
        var inTheWay = Directory.CreateDirectory(Path.Combine(fixture.Directory, "incarnation.new"));
        (await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("a", "exec sleep 1000"), Cancel)).Alive.ShouldBeTrue();
        fixture.Manager.GetWorkerStatus().Incidents.ShouldContain(incident => incident.Kind == "state_failure");
        inTheWay.Delete();
        var second = await fixture.Manager.RestartWorkerAsync("a", cancellationToken: Cancel);
        second.Incarnation.ShouldBe(2);
        long.Parse(await File.ReadAllTextAsync(Path.Combine(fixture.Directory, "incarnation"), Cancel)).ShouldBeGreaterThanOrEqualTo(2);
    }

    [Fact]
    public async Task Members_are_counted_when_asked_for()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("a", "sleep 1000 & setsid sleep 1000 & echo up; wait") with { Ready = new ReadinessProbe.LogLine("^up") }, Cancel);
        await fixture.UntilAsync("a", worker => worker.Ready);
        (await fixture.Manager.GetWorkerStatusAsync(Cancel)).Workers.Single().Members.ShouldBe(3);
        fixture.Manager.GetWorkerStatus().Workers.Single().Members.ShouldBe(3);
        await fixture.Manager.StopAllWorkersAsync(cancellationToken: Cancel);
        (await fixture.Manager.GetWorkerStatusAsync(Cancel)).Workers.Single().Members.ShouldBe(0);
    }

    [Fact]
    public async Task A_readiness_command_belongs_to_its_worker_and_goes_with_it()
    {
        await using var fixture = new ManagerFixture();
        var fifo = Path.Combine(fixture.Directory, "fifo");
        var flag = Path.Combine(fixture.Directory, "flag");
        using (var made = Process.Start("mkfifo", fifo))
        {
            await made.WaitForExitAsync(Cancel);
        }

        var script = $"test -e {flag} && exit 0; echo $$ > {fifo}; exec sleep 1000";
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("a", "exec sleep 1000") with { Ready = new ReadinessProbe.Command(["sh", "-c", script]) }, Cancel);
        var pid = await Task.Run(() => File.ReadAllText(fifo)).WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        using var probe = PidFd.TryOpen(int.Parse(pid)).ShouldNotBeNull();
        (await fixture.Manager.GetWorkerStatusAsync(Cancel)).Workers.Single().Members.ShouldBe(2);
        var report = await fixture.Manager.StopWorkerAsync("a", cancellationToken: Cancel);
        (report.Outcome, report.MembersKilled).ShouldBe(("cooperative", 0), "the manager's own probe is nobody's leftover");
        probe.HasEnded.ShouldBeTrue();
        await File.WriteAllTextAsync(flag, "", Cancel);
        await fixture.Manager.StartWorkerAsync("a", Cancel);
        await fixture.UntilAsync("a", worker => worker.Ready);
    }

    [Fact]
    public async Task Everyone_who_disposes_waits_for_the_same_end()
    {
        await using var fixture = new ManagerFixture();
        var status = await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("a", "trap 'sleep 0.2; exit 0' TERM; echo up; while :; do sleep 0.05; done") with { Ready = new ReadinessProbe.LogLine("^up") }, Cancel);
        await fixture.UntilAsync("a", worker => worker.Ready);
        using var leader = PidFd.TryOpen(status.Pid!.Value).ShouldNotBeNull();
        var first = fixture.Manager.DisposeAsync().AsTask();
        await fixture.Manager.DisposeAsync();
        leader.HasEnded.ShouldBeTrue();
        await first;
        var last = new List<WorkerStatusReport>();
        await foreach (var report in fixture.Manager.WatchAsync(Cancel))
        {
            last.Add(report);
        }

        last.Count.ShouldBe(1, "a watch of an ended manager gives the last snapshot and ends");
    }

    private sealed class Inner : IWorker
    {
        public bool Runs { get; set; }

        public bool Throws { get; set; }

        public bool IsRunning => Throws ? throw new InvalidOperationException("no") : Runs;

        public Task StopAsync(CancellationToken force)
        {
            Runs = false;
            return Task.CompletedTask;
        }
    }

    private sealed class Stuck : ILoggerFactory, ILogger
    {
        private readonly ManualResetEventSlim _released = new();

        public ManualResetEventSlim Reached { get; } = new();

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Reached.Set();
            _released.Wait();
        }

        // Whoever hangs in it goes on, and ends.
        public void Dispose() => _released.Set();
    }

    private sealed class FullDisk : ILoggerFactory, ILogger
    {
        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new IOException("no space left on device");
    }
}
