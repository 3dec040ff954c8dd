using System.Threading.Channels;
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
    private static readonly TimeSpan Coalesce = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Rescan = TimeSpan.FromMinutes(5);

    /// <summary>Runs until the worker is to stop or the queue has gone.</summary>
    public static async Task RunAsync(string dataDirectory, IReadOnlyList<string> roots)
    {
        using var notifier = new WorkerNotifier();
        Directory.SetCurrentDirectory(dataDirectory);
        var queue = await SqliteDriverProxy.ConnectAsync(notifier.Stopping).ConfigureAwait(false);
        await using (queue.ConfigureAwait(false))
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(notifier.Stopping);
            var watched = roots.Select(root => WatchAsync(root, new HashSet<string> { dataDirectory }, dataDirectory, queue, notifier, ended.Token)).ToArray();
            notifier.Ready();
            var first = await Task.WhenAny([.. watched, queue.Closed]).ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
            try
            {
                await Task.WhenAll(watched).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (notifier.Stopping.IsCancellationRequested)
            {
                return;
            }

            await first.ConfigureAwait(false);
            throw new IOException("the SQLite queue has gone");
        }
    }

    private static async Task WatchAsync(string root, IReadOnlySet<string> excluded, string dataDirectory, SqliteDriverProxy queue, WorkerNotifier notifier, CancellationToken cancellationToken)
    {
        var tree = new SourceTree(root, excluded);
        var indexer = new FileIndexer(root, queue);
        using (var reading = Schema.TryOpenForReading(dataDirectory))
        {
            foreach (var (path, hash) in reading?.Rows("SELECT path, hash FROM files WHERE root = $1", row => (row.GetString(0), row.GetString(1)), root) ?? [])
            {
                indexer.Known[path] = hash;
            }
        }

        // An empty path asks for a whole scan.
        var touched = Channel.CreateUnbounded<string>();
        using var watcher = new FileSystemWatcher(root) { IncludeSubdirectories = true, InternalBufferSize = 64 * 1024, NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size };
        void Touch(string full) => touched.Writer.TryWrite(Path.GetRelativePath(root, full));
        watcher.Changed += (_, change) => Touch(change.FullPath);
        watcher.Created += (_, change) => Touch(change.FullPath);
        watcher.Deleted += (_, change) => Touch(change.FullPath);
        watcher.Renamed += (_, change) =>
        {
            Touch(change.OldFullPath);
            Touch(change.FullPath);
        };
        watcher.Error += (_, _) => touched.Writer.TryWrite("");
        watcher.EnableRaisingEvents = true;
        using var timer = new Timer(_ => touched.Writer.TryWrite(""), null, Rescan, Rescan);

        await ScanAsync(tree, indexer, notifier, report: false, cancellationToken).ConfigureAwait(false);
        while (await touched.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            await Task.Delay(Coalesce, cancellationToken).ConfigureAwait(false);
            var paths = new HashSet<string>();
            while (touched.Reader.TryRead(out var path))
            {
                paths.Add(path);
            }

            // A directory that came or went concerns everything in it; so do changed rules.
            var whole = paths.Any(path => path.Length == 0 || (tree.Includes(path) && (Path.GetFileName(path) == ".gitignore" || IsDirectory(root, path, indexer))));
            if (whole)
            {
                await ScanAsync(tree, indexer, notifier, report: true, cancellationToken).ConfigureAwait(false);
                continue;
            }

            foreach (var path in paths)
            {
                _ = tree.Includes(path)
                    ? await indexer.UpdateAsync(path, report: true, cancellationToken).ConfigureAwait(false)
                    : await indexer.RemoveAsync(path, report: true, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static bool IsDirectory(string root, string path, FileIndexer indexer) =>
        Directory.Exists(Path.Combine(root, path)) || (!File.Exists(Path.Combine(root, path)) && indexer.Known.Keys.Any(known => known.StartsWith(path + "/", StringComparison.Ordinal)));

    private static async Task ScanAsync(SourceTree tree, FileIndexer indexer, WorkerNotifier notifier, bool report, CancellationToken cancellationToken)
    {
        if (tree.Enumerate() is not { } paths)
        {
            return;
        }

        // Several transactions under way at once: the queue commits them together.
        var done = 0;
        foreach (var batch in paths.Chunk(32))
        {
            await Task.WhenAll(batch.Select(path => indexer.UpdateAsync(path, report, cancellationToken))).ConfigureAwait(false);
            done += batch.Length;
            notifier.Status($"scanning: {done} of {paths.Count} files");
        }

        foreach (var gone in indexer.Known.Keys.Except(paths).ToArray())
        {
            await indexer.RemoveAsync(gone, report, cancellationToken).ConfigureAwait(false);
        }

        notifier.Status($"watching {indexer.Known.Count} files");
    }
}
