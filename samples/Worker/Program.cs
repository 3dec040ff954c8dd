// A worker that says when it is ready, that it lives, and that finishes what it has begun when it is stopped.
using Samples.Worker;
using WorkerManagement.Worker;

using var notifier = new WorkerNotifier();
var queue = new JobQueue();
notifier.Ready();
while (!notifier.Stopping.IsCancellationRequested)
{
    var next = queue.NextAsync(notifier.Stopping);
    await notifier.AliveUntilAsync(next);     // pings while it waits; a loop that hangs in its work is silent
    if (await next is { } job)
    {
        notifier.Status($"working on {job}");
        await queue.WorkAsync(job);           // not cancelled by a stop: what is begun is finished
    }
}

Console.WriteLine($"drained: {queue.Done} jobs are done, none is half done");
