using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.Analysis.Ctags;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;
using WorkerManagement.Worker;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>
/// Keeps the index equal to the trees: a full scan at the start, after an overflow and every few minutes; inotify in between.
/// Reads the user's files, and never writes, moves or deletes one.
/// </summary>
public static class FileWatcherWorker
{
    /// <summary>How the status line begins once every root has been scanned.</summary>
    public const string Watching = "watching";

    private static readonly TimeSpan Coalesce = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs until the worker is to stop.</summary>
    /// <exception cref="IOException">The queue has gone.</exception>
    public static async Task RunAsync(string dataDirectory, IReadOnlyList<string> roots)
    {
        using var notifier = new WorkerNotifier();
        var queue = await SqliteDriverProxy.ConnectAsync(dataDirectory, notifier.Stopping).ConfigureAwait(false);
        await using (queue.ConfigureAwait(false))
        {
            try
            {
                await RunAsync(dataDirectory, roots, queue, notifier).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (notifier.Stopping.IsCancellationRequested)
            {
                // Asked to stop; the next start's scan finds what was missed.
            }
        }
    }

    private static async Task RunAsync(string dataDirectory, IReadOnlyList<string> roots, SqliteDriverProxy queue, WorkerNotifier notifier)
    {
        var analyzer = new SourceAnalyzer(CtagsInstallation.Find(Environment.GetEnvironmentVariable("PATH")));
        await using (analyzer.ConfigureAwait(false))
        {
            if (analyzer.Missing is { } missing)
            {
                await Console.Error.WriteLineAsync(missing).ConfigureAwait(false);
            }

            await RunAsync(dataDirectory, roots, analyzer, queue, notifier).ConfigureAwait(false);
        }
    }

    private static async Task RunAsync(string dataDirectory, IReadOnlyList<string> roots, SourceAnalyzer analyzer, SqliteDriverProxy queue, WorkerNotifier notifier)
    {
        using var reading = Schema.TryOpenForReading(dataDirectory) ?? throw new IOException("the index does not exist yet");
        await queue.SubscribeAsync(notifier.Stopping).ConfigureAwait(false);
        await RetireAsync(reading, queue, roots, notifier.Stopping).ConfigureAwait(false);
        await AnalyzeAgainAsync(queue, analyzer, notifier.Stopping).ConfigureAwait(false);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(notifier.Stopping);
        var progress = new ScanReport(notifier, roots.Count, analyzer.Missing);
        // A root inside another one is indexed as itself, and left out of the outer.
        var watchers = roots.Select(root => new RootWatcher(root, new(root, [dataDirectory, .. roots.Where(inner => inner != root)]), analyzer, dataDirectory, queue, progress)).ToArray();
        List<Task> tasks = [.. watchers.Select(watcher => Task.Run(() => watcher.RunAsync(notifier.AliveUntilAsync, ended.Token))), PassDoubtsAsync(reading, queue, watchers, ended.Token), queue.Closed];
        notifier.Ready();
        var first = await Task.WhenAny(tasks).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await ((Task)Task.WhenAll(tasks[..^1])).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
        throw new IOException("the SQLite queue has gone");
    }

    // What belongs to no root of this server is not followed any more, and would only grow stale.
    private static async Task RetireAsync(SqliteConnection reading, SqliteDriverProxy queue, IReadOnlyList<string> roots, CancellationToken cancellationToken)
    {
        foreach (var retired in reading.Rows("SELECT DISTINCT root FROM files UNION SELECT root FROM doubts UNION SELECT root FROM indexing_errors", row => row.GetString(0)).Except(roots))
        {
            await queue.ExecuteAsync([new("DELETE FROM files WHERE root = $1", [retired]), new("DELETE FROM doubts WHERE root = $1", [retired]), new("DELETE FROM indexing_errors WHERE root = $1", [retired])], cancellationToken).ConfigureAwait(false);
        }
    }

    // The first scan notes again what cannot be read. What another version analysed, or nobody because ctags was not there: a file without its hash is taken as changed.
    // What ctags said stays while ctags is not there.
    private static async Task AnalyzeAgainAsync(SqliteDriverProxy queue, SourceAnalyzer analyzer, CancellationToken cancellationToken) => await queue.ExecuteAsync(
        [new($"UPDATE files SET hash = '', modified = 0 WHERE hash <> '' AND id IN (SELECT file_id FROM analyses WHERE analyzer NOT IN ($1, $2){(analyzer.Missing is null ? "" : " AND analyzer NOT LIKE 'ctags%'")})", [.. analyzer.Versions]),
            new("DELETE FROM indexing_errors WHERE stage = 'read'", [])],
        cancellationToken).ConfigureAwait(false);

    private static async Task PassDoubtsAsync(SqliteConnection reading, SqliteDriverProxy queue, IReadOnlyList<RootWatcher> watchers, CancellationToken cancellationToken)
    {
        while (true)
        {
            var doubted = reading.Rows("SELECT DISTINCT root FROM doubts", row => row.GetString(0));
            foreach (var watcher in watchers.Where(watcher => doubted.Contains(watcher.Root)))
            {
                watcher.Doubt();
            }

            await queue.CommittedAsync(cancellationToken).ConfigureAwait(false);
            await Task.Delay(Coalesce, cancellationToken).ConfigureAwait(false);
        }
    }
}
