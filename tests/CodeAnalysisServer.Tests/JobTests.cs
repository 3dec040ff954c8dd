using CodeAnalysisServer.SqliteQueue.Jobs;
using WorkerManagement;

namespace CodeAnalysisServer.Tests;

public sealed class JobTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("jobs-").FullName;
    private readonly List<string> _told = [];
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Registry => Path.Combine(_directory, "jobs.jsonl");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_job_runs_from_PENDING_to_COMPLETED_and_its_log_survives_a_restart()
    {
        await using (var queue = Make())
        {
            queue.AddJob("one", "waits", new Dictionary<string, string> { ["x"] = "1" }).State.ShouldBe(JobState.Pending);
            queue.StartJob("one").State.ShouldBe(JobState.Running);
            await _entered.Task.WaitAsync(Cancel);
            queue.GetJobStatus("one").Message.ShouldBe("x is 1");
            _go.SetResult();
            (await EndedAsync(queue, "one")).ShouldBe(JobState.Completed);
        }

        await using var again = Make();
        again.ListJobs().ShouldHaveSingleItem().State.ShouldBe(JobState.Completed);
        again.GetJobLogs("one").Select(line => line.Text).ShouldBe(["entered", "left"]);
        File.ReadAllText(Registry).ShouldContain("\"state\":\"COMPLETED\"");
        again.DeleteJob("one");
        Should.Throw<JobNotFoundException>(() => again.GetJobStatus("one"));
    }

    [Fact]
    public async Task A_job_that_throws_is_ERROR_with_its_reason_and_can_be_started_again()
    {
        await using var queue = Make();
        queue.AddJob("bad", "throws");
        queue.StartJob("bad");
        (await EndedAsync(queue, "bad")).ShouldBe(JobState.Error);
        queue.GetJobStatus("bad").Message.ShouldBe("as it must");
        queue.StartJob("bad").State.ShouldBe(JobState.Running);
        (await EndedAsync(queue, "bad")).ShouldBe(JobState.Error);
    }

    [Fact]
    public async Task The_stop_of_a_pending_a_running_and_a_finished_job_are_each_told_truthfully()
    {
        await using var queue = Make();
        queue.AddJob("pending", "waits");
        var pending = await queue.StopJobAsync("pending", Cancel);
        (pending.Stopped, pending.Status.State).ShouldBe((true, JobState.Stopped));
        pending.Message.ShouldContain("never ran");

        queue.AddJob("running", "waits");
        queue.StartJob("running");
        await _entered.Task.WaitAsync(Cancel);
        var running = await queue.StopJobAsync("running", Cancel);
        (running.Stopped, running.Status.State).ShouldBe((true, JobState.Stopped));

        var finished = await queue.StopJobAsync("running", Cancel);
        (finished.Stopped, finished.Status.State).ShouldBe((false, JobState.Stopped));
        finished.Message.ShouldContain("already");
    }

    [Fact]
    public async Task A_job_that_does_not_heed_its_stop_is_told_to_run_still()
    {
        await using var queue = Make(TimeSpan.FromMilliseconds(100));
        queue.AddJob("deaf", "deaf");
        queue.StartJob("deaf");
        await _entered.Task.WaitAsync(Cancel);
        var stop = await queue.StopJobAsync("deaf", Cancel);
        (stop.Stopped, stop.Status.State).ShouldBe((false, JobState.Running));
        stop.Message.ShouldContain("still runs");
        Should.Throw<InvalidOperationException>(() => queue.DeleteJob("deaf")).Message.ShouldContain("stop it first");
        _go.SetResult();
        (await EndedAsync(queue, "deaf")).ShouldBe(JobState.Completed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_stop_of_the_queue_waits_for_a_job_that_finishes_in_time(bool synchronous)
    {
        var queue = Make();
        queue.AddJob("one", "waits");
        queue.StartJob("one");
        await _entered.Task.WaitAsync(Cancel);
        var stopping = synchronous ? Task.Run(queue.Stop, Cancel) : queue.StopAsync(Cancel);
        while (queue.IsRunning)
        {
            await Task.Yield();
        }

        stopping.IsCompleted.ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => queue.StartJob("one"));
        _go.SetResult();
        await stopping.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        await using var again = Make();
        again.GetJobStatus("one").State.ShouldBe(JobState.Completed);
    }

    [Theory]
    [InlineData("waits", false)]
    [InlineData("waits", true)]
    [InlineData("deaf", false)]
    public async Task A_job_that_is_still_at_work_after_the_shutdown_timeout_is_INTERRUPTED(string type, bool synchronous)
    {
        var queue = Make(TimeSpan.FromMilliseconds(100));
        queue.AddJob("one", type);
        queue.StartJob("one");
        await _entered.Task.WaitAsync(Cancel);
        if (synchronous)
        {
            queue.Stop();
        }
        else
        {
            await queue.StopAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        }

        // A late word of an abandoned job does not count.
        _go.TrySetResult();
        await using var again = Make();
        again.GetJobStatus("one").State.ShouldBe(JobState.Interrupted);
    }

    [Fact]
    public async Task A_torn_last_line_is_dropped_told_and_repaired_and_what_ran_is_INTERRUPTED()
    {
        await using (var queue = Make())
        {
            queue.AddJob("kept", "waits");
            queue.AddJob("ran", "waits");
        }

        // As a process leaves it that dies while it writes: the last line without its end.
        var lines = File.ReadAllLines(Registry);
        var ran = lines.Single(line => line.Contains("\"ran\"", StringComparison.Ordinal)).Replace("PENDING", "RUNNING", StringComparison.Ordinal);
        File.AppendAllText(Registry, $"{ran}\n{{ nonsense\n{ran[..^20]}");
        await using (var queue = Make())
        {
            queue.ListJobs().Select(job => (job.Id, job.State)).ShouldBe([("kept", JobState.Pending), ("ran", JobState.Interrupted)]);
        }

        _told.ShouldContain(line => line.Contains("torn"));
        _told.ShouldContain(line => line.Contains("makes no sense"));
        _told.Clear();
        await using var again = Make();
        _told.ShouldBeEmpty();
        again.ListJobs().Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_registry_cut_at_any_byte_gives_the_jobs_of_its_whole_lines()
    {
        await using (var queue = Make())
        {
            for (var i = 0; i < 3; i++)
            {
                queue.AddJob($"j{i}", "waits");
            }
        }

        var whole = File.ReadAllBytes(Registry);
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(Registry, whole[..length]);
            using var registry = new JobRegistry(Registry, 10, _told.Add);
            var ends = whole[..length].Count(value => value == '\n');
            registry.Jobs.Count.ShouldBeInRange(ends, ends + 1);
        }
    }

    [Fact]
    public async Task The_registry_is_compacted_and_the_end_of_a_log_kept()
    {
        await using var queue = Make();
        queue.AddJob("talks", "talks");
        queue.StartJob("talks");
        (await EndedAsync(queue, "talks")).ShouldBe(JobState.Completed);
        queue.GetJobLogs("talks")[^1].Text.ShouldBe("line 19999");
        queue.GetJobLogs("talks").Count.ShouldBe(50);
        File.ReadLines(Registry).Count().ShouldBeLessThan(2000);
    }

    [Fact]
    public async Task A_finished_job_lives_as_long_as_its_time_to_live()
    {
        var clock = new Clock();
        await using var queue = Make(clock: clock);
        queue.AddJob("bad", "throws");
        queue.AddJob("pending", "waits");
        queue.StartJob("bad");
        await EndedAsync(queue, "bad");
        clock.Now += TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1);
        queue.ListJobs().Count.ShouldBe(2);
        clock.Now += TimeSpan.FromSeconds(1);
        queue.ListJobs().ShouldHaveSingleItem().Id.ShouldBe("pending");
    }

    [Fact]
    public void A_second_queue_on_the_same_registry_and_an_unknown_type_are_refused()
    {
        using var queue = Make();
        var other = new AsyncQueueSystem(Registry, TimeSpan.Zero);
        Should.Throw<InvalidOperationException>(other.Start).Message.ShouldContain("belongs to another running queue");
        Should.Throw<ArgumentException>(() => queue.AddJob("x", "nothing")).Message.ShouldContain("waits");
        queue.AddJob("x", "waits");
        Should.Throw<ArgumentException>(() => queue.AddJob("x", "waits")).Message.ShouldContain("exists already");
    }

    [Fact]
    public async Task A_manager_stops_it_with_the_rest_and_awaits_its_job()
    {
        var queue = Make();
        await using var manager = new WorkerManager(new() { StateDirectory = Path.Combine(_directory, "workers") });
        manager.RegisterWorker("sqlite_queue", WorkerRegistration.ForQueue(new JobQueueAsWorker(queue)) with { Name = "sqlite_queue_1" });
        queue.AddJob("one", "waits");
        queue.StartJob("one");
        await _entered.Task.WaitAsync(Cancel);
        var stopping = manager.StopWorkerTypeAsync("sqlite_queue", TimeSpan.FromSeconds(60), Cancel);
        while (queue.IsRunning)
        {
            await Task.Yield();
        }

        _go.SetResult();
        (await stopping).Success.ShouldBeTrue();
        await using var again = Make();
        again.GetJobStatus("one").State.ShouldBe(JobState.Completed);
    }

    private static async Task<JobState> EndedAsync(AsyncQueueSystem queue, string id) => (await queue.WaitForJobAsync(id, Cancel)).State;

    private AsyncQueueSystem Make(TimeSpan? timeout = null, TimeProvider? clock = null)
    {
        var queue = new AsyncQueueSystem(Registry, timeout ?? TimeSpan.FromSeconds(60), new() { Told = _told.Add, LogLines = 50, TimeToLive = TimeSpan.FromHours(1), Time = clock ?? TimeProvider.System });
        queue.Register("waits", async job =>
        {
            job.Report(0.5, $"x is {job.Parameters.GetValueOrDefault("x")}");
            job.Log("entered");
            _entered.TrySetResult();
            await _go.Task.WaitAsync(job.Stopping);
            job.Log("left");
        });
        queue.Register("deaf", async _ =>
        {
            _entered.TrySetResult();
            await _go.Task;
        });
        queue.Register("throws", _ => throw new InvalidOperationException("as it must"));
        queue.Register("talks", job =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                job.Log($"line {i}");
            }

            return Task.CompletedTask;
        });
        queue.Start();
        return queue;
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
