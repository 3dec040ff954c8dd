using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.Analysis.Ctags;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
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

    /// <summary>Runs until the worker is to stop. Follows the given roots, and those that were added to the table of projects.</summary>
    /// <exception cref="IOException">The queue has gone.</exception>
    public static async Task RunAsync(IndexDatabase database, IReadOnlyList<string> roots)
    {
        ArgumentNullException.ThrowIfNull(database);
        using var notifier = new WorkerNotifier();
        // Asked to stop, it goes; the next start's scan finds what was missed.
        await Away.EndureAsync(database, notifier, async () =>
        {
            var queue = await SqliteDriverProxy.ConnectAsync(database.DataDirectory, notifier.Stopping).ConfigureAwait(false);
            await using (queue.ConfigureAwait(false))
            {
                await RunAsync(database, roots, queue, notifier).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
    }

    private static async Task RunAsync(IndexDatabase database, IReadOnlyList<string> roots, SqliteDriverProxy queue, WorkerNotifier notifier)
    {
        var analyzer = new SourceAnalyzer(CtagsInstallation.Find(Environment.GetEnvironmentVariable("PATH")));
        await using (analyzer.ConfigureAwait(false))
        {
            if (analyzer.Missing is { } missing)
            {
                await Console.Error.WriteLineAsync(missing).ConfigureAwait(false);
            }

            await RunAsync(database, roots, analyzer, queue, notifier).ConfigureAwait(false);
        }
    }

    private static async Task RunAsync(IndexDatabase database, IReadOnlyList<string> roots, SourceAnalyzer analyzer, SqliteDriverProxy queue, WorkerNotifier notifier)
    {
        using var reading = await database.OpenPatientlyAsync(notifier.Status, notifier.AliveUntilAsync, notifier.Stopping).ConfigureAwait(false);
        await queue.SubscribeAsync(notifier.Stopping).ConfigureAwait(false);
        await queue.ExecuteAsync(Given(roots), notifier.Stopping).ConfigureAwait(false);
        await AnalyzeAgainAsync(queue, analyzer, notifier.Stopping).ConfigureAwait(false);
        var followed = new FollowedRoots(database, reading, queue, analyzer, new(notifier, analyzer.Missing), notifier.AliveUntilAsync);
        await using (followed.ConfigureAwait(false))
        {
            await followed.AgreeAsync(notifier.Stopping).ConfigureAwait(false);
            notifier.Ready();
            while (true)
            {
                var news = queue.CommittedAsync(notifier.Stopping);
                var first = await Task.WhenAny(news, followed.Ended, queue.Closed).ConfigureAwait(false);
                await first.ConfigureAwait(false);
                if (first != news)
                {
                    throw new IOException("the SQLite queue has gone");
                }

                await Task.Delay(Coalesce, notifier.Stopping).ConfigureAwait(false);
                await followed.AgreeAsync(notifier.Stopping).ConfigureAwait(false);
            }
        }
    }

    // The first scan notes again what cannot be read. What another version analysed, or nobody because ctags was not there: a file without its hash is taken as changed.
    // What ctags said stays while ctags is not there.
    private static async Task AnalyzeAgainAsync(SqliteDriverProxy queue, SourceAnalyzer analyzer, CancellationToken cancellationToken) => await queue.ExecuteAsync(
        [new($"UPDATE files SET hash = '', modified = 0 WHERE hash <> '' AND id IN (SELECT file_id FROM analyses WHERE analyzer NOT IN ($1, $2){(analyzer.Missing is null ? "" : " AND analyzer NOT LIKE 'ctags%'")})", [.. analyzer.Versions]),
            new("DELETE FROM indexing_errors WHERE stage = 'read'", [])],
        cancellationToken).ConfigureAwait(false);

    // One that was added before stays when it is not given any more; one that was only given goes.
    private static List<Statement> Given(IReadOnlyList<string> roots) =>
    [
        new("UPDATE projects SET state = 'scanning'", []),
        .. roots.Select(root => new Statement("INSERT INTO projects (root, added) VALUES ($1, 0) ON CONFLICT (root) DO NOTHING", [root])),
        new("DELETE FROM projects WHERE added = 0 AND root NOT IN (SELECT e.value ->> 0 FROM json_each($1) e)", [JsonColumn.Of(roots)]),
    ];
}
