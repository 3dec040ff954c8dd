using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using WorkerManagement.Worker;

namespace CodeAnalysisServer.Repair;

/// <summary>
/// Checks the index at the start and after changes, at most once a minute, and mends what disagrees, each finding in a transaction
/// of its own. While nothing is committed nothing can come to disagree but the disk, which the file watcher scans.
/// </summary>
public static class RepairWorker
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1), BetweenPages = TimeSpan.FromHours(6);

    /// <summary>Runs until the worker is to stop.</summary>
    /// <exception cref="IOException">The queue has gone.</exception>
    public static async Task RunAsync(IndexDatabase database)
    {
        using var notifier = new WorkerNotifier();
        await Away.EndureAsync(database, notifier, async () =>
        {
            var queue = await SqliteDriverProxy.ConnectAsync(database.DataDirectory, notifier.Stopping).ConfigureAwait(false);
            await using (queue.ConfigureAwait(false))
            {
                await queue.SubscribeAsync(notifier.Stopping).ConfigureAwait(false);
                notifier.Ready();
                // The queue has looked at the pages when it opened the database.
                var pagesAt = TimeProvider.System.GetTimestamp();
                while (true)
                {
                    var pages = TimeProvider.System.GetElapsedTime(pagesAt) > BetweenPages;
                    await MendAsync(database, queue, notifier, pages).ConfigureAwait(false);
                    pagesAt = pages ? TimeProvider.System.GetTimestamp() : pagesAt;
                    await notifier.AliveUntilAsync(queue.CommittedAsync(notifier.Stopping)).ConfigureAwait(false);
                    var next = Task.Delay(Pause, notifier.Stopping);
                    await notifier.AliveUntilAsync(Task.WhenAny(next, queue.Closed)).ConfigureAwait(false);
                    notifier.Stopping.ThrowIfCancellationRequested();
                }
            }
        }).ConfigureAwait(false);
    }

    private static async Task MendAsync(IndexDatabase database, SqliteDriverProxy queue, WorkerNotifier notifier, bool pages)
    {
        var report = await new RepairWorkerManager(database, queue, new() { Pages = pages })
        {
            Resting = async (rest, cancellationToken) =>
            {
                notifier.Ping();
                await notifier.AliveUntilAsync(Task.Delay(rest, cancellationToken)).ConfigureAwait(false);
            },
        }.RunAsync(Console.Out.WriteLine, notifier.Stopping).ConfigureAwait(false);
        notifier.Status(report switch
        {
            { Found.Count: 0 } => "everything agrees",
            { NotMended.Count: 0 } => $"mended {report.Mended}",
            _ => $"mended {report.Mended}, not {report.NotMended.Count}: {report.NotMended[0]}",
        });
    }
}
