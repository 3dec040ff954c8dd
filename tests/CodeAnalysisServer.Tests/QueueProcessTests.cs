using System.Collections.Concurrent;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Tests;

/// <summary>The queue's own process: killed, restarted, over a damaged database.</summary>
public sealed class QueueProcessTests : IDisposable
{
    private const int Kills = 12;

    private readonly string _data = Directory.CreateTempSubdirectory("qp-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task What_was_acknowledged_is_there_however_often_the_queue_is_killed_under_load_and_nothing_is_half_there()
    {
        var acknowledged = new ConcurrentBag<string>();
        var random = new Random(20261125);
        for (var round = 0; round < Kills; round++)
        {
            await using var queue = await QueueProcess.StartAsync(_data);
            var left = random.Next(1, 600);
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var clients = Enumerable.Range(0, 8).Select(number => WriteAsync(queue, $"{round}/{number}", acknowledged, () =>
            {
                if (Interlocked.Decrement(ref left) == 0)
                {
                    enough.SetResult();
                }
            })).ToArray();
            await Task.WhenAny(enough.Task, Task.WhenAll(clients));
            await queue.KillAsync();
            await Task.WhenAll(clients);
        }

        using var database = Schema.OpenForWriting(_data, _ => { });
        database.Scalar("PRAGMA integrity_check").ShouldBe("ok");
        // Each transaction wrote a pair.
        database.Scalar("SELECT count(*) FROM (SELECT path FROM changes GROUP BY path HAVING count(*) <> 2)").ShouldBe(0L);
        var there = database.Rows("SELECT DISTINCT path FROM changes", row => row.GetString(0)).ToHashSet();
        acknowledged.Count.ShouldBeGreaterThan(Kills);
        acknowledged.Where(path => !there.Contains(path)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_inserted_is_selected_after_a_restart_and_a_running_job_is_INTERRUPTED(bool durable)
    {
        string[] options = durable ? ["--durable"] : [];
        await using (var queue = await QueueProcess.StartAsync(_data, options))
        {
            queue.Status.Contains("each synced", StringComparison.Ordinal).ShouldBe(durable);
            await using var client = await queue.ConnectAsync();
            await client.ExecuteAsync([new("INSERT INTO changes (kind, path) VALUES ('a', 'b')", [])], Cancel);
            (await client.Jobs.GetTypesAsync(Cancel)).ShouldContain("repair");
            // As a kill in the middle of a job leaves it.
            await client.Jobs.AddJobAsync("j", "vacuum", cancellationToken: Cancel);
            await queue.KillAsync();
        }

        var registry = Path.Combine(_data, "jobs.jsonl");
        await File.WriteAllTextAsync(registry, (await File.ReadAllTextAsync(registry, Cancel)).Replace("PENDING", "RUNNING", StringComparison.Ordinal), Cancel);
        await using var again = await QueueProcess.StartAsync(_data, options);
        await using var reader = await again.ConnectAsync();
        (await reader.QueryAsync(new("SELECT path FROM changes", []), cancellationToken: Cancel).SingleAsync(Cancel))[0].ShouldBe("b");
        (await reader.Jobs.GetJobStatusAsync("j", Cancel)).State.ShouldBe(JobState.Interrupted);
    }

    [Fact]
    public async Task A_database_that_was_set_aside_is_reported_in_the_status_of_the_worker()
    {
        await File.WriteAllBytesAsync(Schema.PathIn(_data), [.. Enumerable.Repeat((byte)0x5A, 20_000)], Cancel);
        await using var queue = await QueueProcess.StartAsync(_data);
        queue.Status.ShouldContain("the index was damaged");
        queue.Status.ShouldContain("index.db.damaged");
    }

    private static async Task WriteAsync(QueueProcess queue, string name, ConcurrentBag<string> acknowledged, Action written)
    {
        try
        {
            await using var client = await queue.ConnectAsync();
            for (var i = 0; ; i++)
            {
                var path = $"{name}/{i}";
                await client.ExecuteAsync([new("INSERT INTO changes (kind, path) VALUES ('first', $1)", [path]), new("INSERT INTO changes (kind, path) VALUES ('second', $1)", [path])], Cancel);
                acknowledged.Add(path);
                written();
            }
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
        {
            // Killed.
        }
    }
}
