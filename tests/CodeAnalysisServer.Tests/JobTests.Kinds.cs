using CodeAnalysisServer.SqliteQueue.Jobs;

namespace CodeAnalysisServer.Tests;

/// <summary>The kinds of jobs that these tests run.</summary>
public sealed partial class JobTests
{
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
}
