using System.Diagnostics;
using WorkerManagement.Posix;

namespace WorkerManagement.Tests;

/// <summary>The seed's stops: what they report, what they leave alone, and from where they may be asked.</summary>
public sealed class SeedStopTests(ITestOutputHelper output)
{
    private const string Stubborn = "trap '' TERM; echo up; while :; do sleep 100; done";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task I_can_stop_a_worker_that_ignores_SIGTERM()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("s", Stubborn) with { Ready = new ReadinessProbe.LogLine("^up") }, Cancel);
        await fixture.UntilAsync("s", worker => worker.Ready);
        var report = fixture.Manager.StopWorkerType("s", TimeSpan.FromMilliseconds(500)).Workers.Single();
        output.WriteLine($"gone {(report.Duration - TimeSpan.FromMilliseconds(500)).TotalMilliseconds:0.0} ms after force began; {report.Reason}");
        (report.Outcome, report.Exit?.Signal).ShouldBe(("forced", "SIGKILL"));
        report.Reason.ShouldNotBeNull().ShouldMatch(@"^worker 's' ignored SIGTERM for 0\.\d+ s \(it ignores the signal\); killed \d");

        // The time that the call itself took to get through on a busy machine is part of the timeout.
        report.Duration.ShouldBeInRange(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_registered_process_that_ignores_SIGTERM_is_forced_too()
    {
        await using var fixture = new ManagerFixture();
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Stubborn]) { RedirectStandardOutput = true })!;
        (await process.StandardOutput.ReadLineAsync(Cancel)).ShouldBe("up");
        fixture.Manager.RegisterWorker("s", WorkerRegistration.ForProcess(process) with { Name = "s" });
        var report = fixture.Manager.StopWorkerType("s", TimeSpan.FromMilliseconds(500)).Workers.Single();
        report.Outcome.ShouldBe("forced");
        report.Reason.ShouldNotBeNull().ShouldMatch(@"ignored SIGTERM for 0\.\d+ s");
        await process.WaitForExitAsync(Cancel);
        fixture.Manager.GetWorkerStatus().TotalWorkers.ShouldBe(0);
    }

    [Fact]
    public async Task Stopping_one_of_three_types_leaves_the_others_as_they_were()
    {
        await using var fixture = new ManagerFixture();
        string[] types = ["vectorization", "file_watcher", "repair"];
        await fixture.Manager.StartWorkersAsync([.. types.SelectMany(type => Enumerable.Range(1, 2).Select(i => ManagerFixture.Shell($"{type}_{i}", "exec sleep 1000", type)))], Cancel);
        var before = fixture.Manager.GetWorkerStatus();
        var report = fixture.Manager.StopWorkerType("file_watcher");
        (report.Success, report.Stopped, report.Failed).ShouldBe((true, 2, 0));
        var after = fixture.Manager.GetWorkerStatus();
        foreach (var type in (string[])["vectorization", "repair"])
        {
            after.ByType[type].Pids.ShouldBe(before.ByType[type].Pids);
            after.Workers.Where(worker => worker.Type == type).ShouldAllBe(worker => worker.Alive && worker.Restarts == 0 && worker.State == WorkerState.Running);
        }

        after.Workers.Where(worker => worker.Type == "file_watcher").ShouldAllBe(worker => !worker.Alive && worker.State == WorkerState.Stopped);
    }

    [Fact]
    public async Task Four_stubborn_workers_go_together_and_status_answers_at_once_meanwhile()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkersAsync([.. Enumerable.Range(1, 4).Select(i => ManagerFixture.Shell($"s{i}", Stubborn, "stubborn") with { Ready = new ReadinessProbe.LogLine("^up") })], Cancel);
        await fixture.UntilAsync(report => report.Workers.All(worker => worker.Ready));
        var stopping = Task.Run(() => fixture.Manager.StopAllWorkers(TimeSpan.FromSeconds(2)), Cancel);
        var during = await fixture.UntilAsync(report => report.Workers.All(worker => worker.State is WorkerState.Stopping));
        during.Manager.ShuttingDown.ShouldBeTrue();
        var took = new List<TimeSpan>();
        while (!stopping.IsCompleted && took.Count < 1000)
        {
            var started = Stopwatch.GetTimestamp();
            var status = fixture.Manager.GetWorkerStatus();
            took.Add(Stopwatch.GetElapsedTime(started));
            status.TotalWorkers.ShouldBe(4);
        }

        var report = await stopping;
        took.Sort();
        var durations = report.ByType["stubborn"].Workers.Select(worker => worker.Duration).ToArray();
        output.WriteLine($"all gone after {durations.Max().TotalSeconds:0.000} s; status in {took[took.Count / 2].TotalMicroseconds:0.0} µs, at worst {took[^1].TotalMilliseconds:0.00} ms");
        (report.Success, report.TotalStopped, report.TotalFailed).ShouldBe((true, 4, 0));
        durations.Min().ShouldBeGreaterThan(TimeSpan.FromSeconds(1));
        durations.Max().ShouldBeLessThan(TimeSpan.FromSeconds(4));
        took[took.Count / 2].ShouldBeLessThan(TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task A_worker_in_this_process_that_does_not_stop_is_a_failure_and_stays_listed()
    {
        await using var fixture = new ManagerFixture();
        var worker = new Unstoppable();
        fixture.Manager.RegisterWorker("stuck", WorkerRegistration.ForWorker(worker) with { Name = "stuck_1" });
        fixture.Manager.RegisterWorker("fine", WorkerRegistration.ForQueue(new CalmQueue()));
        var report = await fixture.Manager.StopAllWorkersAsync(TimeSpan.FromMilliseconds(100), Cancel);
        (report.Success, report.TotalStopped, report.TotalFailed).ShouldBe((false, 1, 1));
        (report.ByType["stuck"].Success, report.ByType["fine"].Success).ShouldBe((false, true));
        report.Errors.Single().ShouldContain("worker 'stuck_1'");
        report.ByType["stuck"].Workers.Single().Outcome.ShouldBe("not settled");
        (fixture.Status("stuck_1").Alive, fixture.Manager.GetWorkerStatus().TotalWorkers).ShouldBe((true, 1));

        // It stays listed, so that it can be stopped again once it can be stopped.
        worker.MayStop = true;
        fixture.Manager.StopWorkerType("stuck").Success.ShouldBeTrue();
        fixture.Manager.GetWorkerStatus().TotalWorkers.ShouldBe(0);
    }

    [Fact]
    public async Task A_process_that_this_user_may_not_signal_is_a_failure_and_stays_listed()
    {
        OrdinaryUser.Needed();
        using var foreign = Process.Start("/bin/sleep", "1000");
        var (code, said) = await Child.AsNobodyAsync("stop", "refused", foreign.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        output.WriteLine(said);
        said.ShouldStartWith("success False failed 1 listed 1 alive True because ");
        code.ShouldBe(0);
        foreign.HasExited.ShouldBeFalse();
        foreign.Kill();
        await foreign.WaitForExitAsync(Cancel);
    }

    [Fact]
    public async Task Two_concurrent_stops_of_a_type_share_one_result()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("a", "trap 'sleep 0.2; exit 0' TERM; echo up; while :; do sleep 0.05; done") with { Ready = new ReadinessProbe.LogLine("up") }, Cancel);
        await fixture.UntilAsync("a", worker => worker.Ready);
        var both = await Task.WhenAll(fixture.Manager.StopWorkerTypeAsync("a", cancellationToken: Cancel), fixture.Manager.StopWorkerTypeAsync("a", cancellationToken: Cancel));
        both[0].Workers.Single().ShouldBeSameAs(both[1].Workers.Single());
    }

    [Fact]
    public async Task Cancelling_ends_the_waiting_and_not_the_stopping()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("s", Stubborn) with { Ready = new ReadinessProbe.LogLine("^up") }, Cancel);
        await fixture.UntilAsync("s", worker => worker.Ready);
        using var impatient = new CancellationTokenSource();
        var waiting = fixture.Manager.StopWorkerTypeAsync("s", TimeSpan.FromMilliseconds(500), impatient.Token);
        await fixture.UntilAsync("s", worker => worker.State is WorkerState.Stopping);
        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        await fixture.UntilAsync("s", worker => worker.State is WorkerState.Stopped);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_stop_of_a_queue_is_awaited_to_its_end(bool synchronous)
    {
        await using var fixture = new ManagerFixture();
        var queue = new HeldQueue();
        fixture.Manager.RegisterWorker("sqlite_queue", WorkerRegistration.ForQueue(queue) with { Name = "q" });
        var stopping = synchronous ? Task.Run(() => fixture.Manager.StopWorkerType("sqlite_queue"), Cancel) : fixture.Manager.StopWorkerTypeAsync("sqlite_queue", cancellationToken: Cancel);
        await queue.Asked.Task.WaitAsync(Cancel);
        await fixture.UntilAsync("q", worker => worker.State is WorkerState.Stopping);
        stopping.IsCompleted.ShouldBeFalse();
        queue.MayEnd.SetResult();
        var report = await stopping;
        (report.Success, report.Workers.Single().Outcome, queue.IsRunning).ShouldBe((true, "cooperative", false));
    }

    [Theory]
    [InlineData("signal")]
    [InlineData("exited")]
    [InlineData("watch")]
    [InlineData("queue")]
    [InlineData("exit-before")]
    [InlineData("exit-after")]
    public async Task Nothing_deadlocks_wherever_a_stop_is_called_from(string from)
    {
        var (code, said) = await Child.RunAsync(from == "signal" ? SendSignal : null, "stop", from);
        output.WriteLine(said);
        said.ShouldContain("success True stopped ");
        code.ShouldBe(0);

        void SendSignal(int pid)
        {
            using var child = PidFd.TryOpen(pid).ShouldNotBeNull();
            child.Send(28).ShouldBeTrue();
        }
    }

    private sealed class Unstoppable : IWorker
    {
        public bool MayStop { get; set; }

        public bool IsRunning { get; private set; } = true;

        public Task StopAsync(CancellationToken force)
        {
            IsRunning = !MayStop;
            return Task.CompletedTask;
        }
    }

    private sealed class CalmQueue : IWorkerQueue
    {
        public bool IsRunning { get; private set; } = true;

        public Task StopAsync(CancellationToken force)
        {
            IsRunning = false;
            return Task.CompletedTask;
        }
    }

    private sealed class HeldQueue : IWorkerQueue
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource MayEnd { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsRunning { get; private set; } = true;

        public async Task StopAsync(CancellationToken force)
        {
            Asked.SetResult();
            await MayEnd.Task.WaitAsync(force);
            IsRunning = false;
        }
    }
}
