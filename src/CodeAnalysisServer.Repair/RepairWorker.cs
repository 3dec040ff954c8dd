using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using WorkerManagement.Worker;

namespace CodeAnalysisServer.Repair;

/// <summary>Checks the index at the start and from time to time, and mends what disagrees, each finding in a transaction of its own.</summary>
public static class RepairWorker
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    /// <summary>Runs until the worker is to stop or the queue has gone.</summary>
    public static async Task RunAsync(string dataDirectory)
    {
        using var notifier = new WorkerNotifier();
        Directory.SetCurrentDirectory(dataDirectory);
        var queue = await SqliteDriverProxy.ConnectAsync(notifier.Stopping).ConfigureAwait(false);
        await using (queue.ConfigureAwait(false))
        {
            using var reading = Schema.TryOpenForReading(dataDirectory) ?? throw new IOException("the index does not exist yet");
            notifier.Ready();
            try
            {
                while (true)
                {
                    var mended = 0;
                    foreach (var finding in Checks.Find(reading).ToArray())
                    {
                        await Console.Out.WriteLineAsync(finding.What).ConfigureAwait(false);
                        await queue.ExecuteAsync(finding.Mend, notifier.Stopping).ConfigureAwait(false);
                        mended++;
                    }

                    notifier.Status(mended == 0 ? "everything agrees" : $"mended {mended}");
                    var next = Task.Delay(Pause, notifier.Stopping);
                    if (await Task.WhenAny(next, queue.Closed).ConfigureAwait(false) != next)
                    {
                        throw new IOException("the SQLite queue has gone");
                    }

                    await next.ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (notifier.Stopping.IsCancellationRequested)
            {
                // Asked to stop.
            }
        }
    }
}
