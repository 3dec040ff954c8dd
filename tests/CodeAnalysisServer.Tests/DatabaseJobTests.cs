using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Tests;

/// <summary>Jobs through the queue's socket.</summary>
public sealed class DatabaseJobTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("checkpoint")]
    [InlineData("optimize")]
    [InlineData("rebuild_fulltext")]
    [InlineData("vacuum")]
    [InlineData("backup")]
    [InlineData("integrity_check")]
    public async Task Long_work_on_the_database_is_a_job_while_others_write(string type)
    {
        await using var queue = await QueueFixture.StartAsync();
        await using var client = await queue.ConnectAsync();
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            await using var other = await queue.ConnectAsync();
            var count = 0L;
            while (!stop.IsCancellationRequested)
            {
                await other.ExecuteAsync([new("INSERT INTO changes (kind, path) VALUES ('a', 'b')", [])], Cancel);
                count++;
            }

            return count;
        }, Cancel);
        (await client.Jobs.GetTypesAsync(Cancel)).ShouldContain(type);
        await client.Jobs.AddJobAsync("one", type, cancellationToken: Cancel);
        await client.Jobs.StartJobAsync("one", Cancel);
        var job = await client.Jobs.WaitForJobAsync("one", Cancel);
        job.State.ShouldBe(JobState.Completed, job.Message);
        (await client.Jobs.GetJobLogsAsync("one", Cancel)).ShouldNotBeEmpty();
        await stop.CancelAsync();
        var written = await writing;
        using var reading = queue.Read();
        reading.Scalar("SELECT count(*) FROM changes").ShouldBe(written);
        if (type == "backup")
        {
            using var backup = new SqliteConnection($"Data Source={Directory.GetFiles(Backups.DirectoryIn(queue.Data)).ShouldHaveSingleItem()};Mode=ReadOnly;Pooling=False");
            backup.Open();
            backup.Scalar("PRAGMA integrity_check").ShouldBe("ok");
        }
    }

    [Theory]
    [InlineData("optimize")]
    [InlineData("rebuild_fulltext")]
    [InlineData("vacuum")]
    public async Task While_a_job_has_the_writer_the_writer_tells_that_it_lives(string type)
    {
        var told = Task.CompletedTask;
        bool? toldMeanwhile = null;
        SqliteConnection? database = null;
        await using var queue = await QueueFixture.StartAsync(prepare: opened => database = opened, alive: task => told = task);
        await using var client = await queue.ConnectAsync();
        await client.ExecuteAsync([new("INSERT INTO files (root, path, hash, size, modified) VALUES ('/r', 'a', '', 0, 0)", []), new("INSERT INTO chunks (file_id, start_line, end_line, text, words, hash) VALUES (1, 1, 1, 'a', '', 'h')", [])], Cancel);
        // In the middle of the job; the callback lives as long as the connection.
        SQLitePCL.raw.sqlite3_progress_handler(database!.Handle, 1, _ => (toldMeanwhile ??= SpinWait.SpinUntil(() => !Volatile.Read(ref told).IsCompleted, TimeSpan.FromSeconds(10))) ? 0 : 1, null);
        await client.Jobs.AddJobAsync("one", type, cancellationToken: Cancel);
        await client.Jobs.StartJobAsync("one", Cancel);
        (await client.Jobs.WaitForJobAsync("one", Cancel)).State.ShouldBe(JobState.Completed);
        SQLitePCL.raw.sqlite3_progress_handler(database.Handle, 0, null, null);
        toldMeanwhile.ShouldBe(true);
    }

    [Fact]
    public async Task What_the_jobs_say_against_a_request_reaches_its_caller()
    {
        await using var queue = await QueueFixture.StartAsync();
        await using var client = await queue.ConnectAsync();
        (await Should.ThrowAsync<QueueRefusedException>(client.Jobs.GetJobStatusAsync("none", Cancel))).Message.ShouldContain("there is no job 'none'");
        (await Should.ThrowAsync<QueueRefusedException>(client.Jobs.AddJobAsync("x", "nothing", cancellationToken: Cancel))).Message.ShouldContain("vacuum");
        await client.Jobs.AddJobAsync("x", "vacuum", cancellationToken: Cancel);
        var stop = await client.Jobs.StopJobAsync("x", Cancel);
        (stop.Stopped, stop.Status.State).ShouldBe((true, JobState.Stopped));
        (await client.Jobs.ListJobsAsync(Cancel)).ShouldHaveSingleItem();
        await client.Jobs.DeleteJobAsync("x", Cancel);
        (await client.Jobs.ListJobsAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_job_that_is_stopped_while_it_waits_for_the_writer_is_STOPPED_and_the_writer_writes_on()
    {
        await using var queue = await QueueFixture.StartAsync();
        await using var client = await queue.ConnectAsync();
        await using (var open = await client.BeginAsync(Cancel))
        {
            await client.Jobs.AddJobAsync("v", "vacuum", cancellationToken: Cancel);
            await client.Jobs.StartJobAsync("v", Cancel);
            var stopping = client.Jobs.StopJobAsync("v", Cancel);
            await open.CommitAsync();
            (await stopping).Status.State.ShouldBeOneOf(JobState.Stopped, JobState.Completed);
        }

        await client.ExecuteAsync([new("INSERT INTO changes (kind, path) VALUES ('a', 'b')", [])], Cancel);
    }

    [Fact]
    public async Task A_job_in_the_middle_of_the_queue_s_stop_is_INTERRUPTED_and_what_was_taken_is_written()
    {
        var entered = new TaskCompletionSource();
        await using var queue = await QueueFixture.StartAsync(teach: jobs => jobs.Register("long", async job =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, job.Stopping);
        }));
        await using var client = await queue.ConnectAsync();
        await client.Jobs.AddJobAsync("one", "long", cancellationToken: Cancel);
        await client.Jobs.StartJobAsync("one", Cancel);
        await entered.Task;
        await client.ExecuteAsync([new("INSERT INTO changes (kind, path) VALUES ('a', 'b')", [])], Cancel);
        await queue.StopAsync().WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        using var again = new JobRegistry(Path.Combine(queue.Data, "jobs.jsonl"), 10, _ => { });
        again.Jobs["one"].Status.State.ShouldBe(JobState.Interrupted);
        using var reading = queue.Read();
        reading.Scalar("SELECT count(*) FROM changes").ShouldBe(1L);
    }
}
