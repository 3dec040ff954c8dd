using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;
using WorkerManagement.Worker;

namespace CodeAnalysisServer.Repair;

/// <summary>
/// Checks the index at the start and after changes, at most once a minute, and mends what disagrees, each finding in a transaction
/// of its own. While nothing is committed nothing can come to disagree but the disk, which the file watcher scans.
/// </summary>
public static class RepairWorker
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    /// <summary>Runs until the worker is to stop.</summary>
    /// <exception cref="IOException">The queue has gone.</exception>
    public static async Task RunAsync(string dataDirectory)
    {
        using var notifier = new WorkerNotifier();
        var queue = await SqliteDriverProxy.ConnectAsync(dataDirectory, notifier.Stopping).ConfigureAwait(false);
        await using (queue.ConfigureAwait(false))
        {
            using var reading = Schema.TryOpenForReading(dataDirectory) ?? throw new IOException("the index does not exist yet");
            try
            {
                await queue.SubscribeAsync(notifier.Stopping).ConfigureAwait(false);
                notifier.Ready();
                while (true)
                {
                    await MendAsync(reading, queue, notifier).ConfigureAwait(false);
                    await notifier.AliveUntilAsync(queue.CommittedAsync(notifier.Stopping)).ConfigureAwait(false);
                    var next = Task.Delay(Pause, notifier.Stopping);
                    await notifier.AliveUntilAsync(Task.WhenAny(next, queue.Closed)).ConfigureAwait(false);
                    notifier.Stopping.ThrowIfCancellationRequested();
                }
            }
            catch (OperationCanceledException) when (notifier.Stopping.IsCancellationRequested)
            {
                // Asked to stop.
            }
        }
    }

    private static async Task MendAsync(SqliteConnection reading, SqliteDriverProxy queue, WorkerNotifier notifier)
    {
        var mended = 0;
        foreach (var finding in Checks.Find(reading))
        {
            await Console.Out.WriteLineAsync(finding.What).ConfigureAwait(false);
            try
            {
                await queue.ExecuteAsync(finding.Mend, notifier.Stopping).ConfigureAwait(false);
                mended++;
            }
            catch (QueueRefusedException refused)
            {
                await Console.Error.WriteLineAsync($"not mended now: {refused.Message}").ConfigureAwait(false);
            }

            notifier.Ping();
        }

        notifier.Status(mended == 0 ? "everything agrees" : $"mended {mended}");
    }
}
