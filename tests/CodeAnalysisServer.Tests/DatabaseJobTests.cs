using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Tests;

/// <summary>Jobs through the queue's socket.</summary>
public abstract class DatabaseJobTests(DatabaseKind kind)
{
    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("checkpoint")]
    [InlineData("optimize")]
    [InlineData("rebuild_fulltext")]
    [InlineData("vacuum")]
    [InlineData("backup")]
    [InlineData("integrity_check")]
    public async Task Long_work_on_the_database_is_a_job_while_others_write(string type)
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
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
        if (type == "backup" && kind == DatabaseKind.Postgres)
        {
            job.Message.ShouldNotBeNull().ShouldContain("pg_dump");
        }
        else
        {
            job.State.ShouldBe(JobState.Completed, job.Message);
            (await client.Jobs.GetJobLogsAsync("one", Cancel)).ShouldNotBeEmpty();
        }

        await stop.CancelAsync();
        var written = await writing;
        using var reading = queue.Read();
        reading.Scalar("SELECT count(*) FROM changes").ShouldBe(written);
        if (type == "backup" && kind == DatabaseKind.Sqlite)
        {
            using var backup = new SqliteConnection($"Data Source={Directory.GetFiles(Backups.DirectoryIn(queue.Data)).ShouldHaveSingleItem()};Mode=ReadOnly;Pooling=False");
            backup.Open();
            backup.Scalar("PRAGMA integrity_check").ShouldBe("ok");
        }
    }

    [Fact]
    public async Task What_the_jobs_say_against_a_request_reaches_its_caller()
    {
        await using var queue = await QueueFixture.StartAsync(kind: kind);
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
        await using var queue = await QueueFixture.StartAsync(kind: kind);
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
        await using var queue = await QueueFixture.StartAsync(kind: kind, teach: jobs => jobs.Register("long", async job =>
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

public sealed class DatabaseJobTestsOnPostgres() : DatabaseJobTests(DatabaseKind.Postgres);
