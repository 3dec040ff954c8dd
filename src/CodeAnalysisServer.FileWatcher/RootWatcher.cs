using System.Collections.Concurrent;
using System.Data.Common;
using System.Threading.Channels;
using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>
/// Keeps one root's rows equal to its tree, and is the only one that changes them: the full scan at the start decides by content,
/// later ones (overflow, changed rules, a new directory, the timer) pass over what size and time call unchanged.
/// </summary>
internal sealed class RootWatcher(string root, SourceTree tree, SourceAnalyzer analyzer, IndexDatabase database, SqliteDriverProxy queue, ScanReport progress)
{
    // As many as there are cores look at files; the others wait for what they sent.
    private static readonly int AtOnce = Environment.ProcessorCount + ChangeBatches.UnderWay;

    private static readonly TimeSpan Coalesce = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1), LongestPause = TimeSpan.FromMinutes(1);

    private readonly Channel<Touch> _touches = Channel.CreateUnbounded<Touch>();
    private readonly FileIndexer _indexer = new(root, analyzer, queue);

    /// <summary>The root.</summary>
    public string Root => root;

    /// <summary>Asks for a look at the rows that repair doubts.</summary>
    public void Doubt() => _touches.Writer.TryWrite(new Touch.Doubts());

    /// <summary>Asks for a scan that decides by content.</summary>
    public void Want() => _touches.Writer.TryWrite(new Touch.Wanted());

    /// <summary>Runs until cancelled. A database that refuses (a full disk) is tried again, with growing pauses.</summary>
    /// <exception cref="IOException">The queue has gone.</exception>
    public async Task RunAsync(Func<Task, Task> alive, CancellationToken cancellationToken)
    {
        using var reading = await database.OpenPatientlyAsync(Console.Error.WriteLine, alive, cancellationToken).ConfigureAwait(false);
        using var events = new RootEvents(root, tree, _touches.Writer);
        var pause = FirstPause;
        var first = true;
        while (true)
        {
            try
            {
                if (first)
                {
                    await ScanAsync(reading, byContent: true, report: false, cancellationToken).ConfigureAwait(false);
                    first = false;
                }

                await alive(_touches.Reader.WaitToReadAsync(cancellationToken).AsTask()).ConfigureAwait(false);
                await Task.Delay(Coalesce, cancellationToken).ConfigureAwait(false);
                await LookAsync(reading, events, cancellationToken).ConfigureAwait(false);
                pause = FirstPause;
            }
            catch (Exception refused) when (refused is QueueRefusedException || database.IsAway(refused))
            {
                await Console.Error.WriteLineAsync($"'{root}': the index could not be written ({database.Told(refused)}); next try in {pause.TotalSeconds:0} s").ConfigureAwait(false);
                progress.Waits(database.Told(refused));
                await alive(Task.Delay(pause, cancellationToken)).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                _touches.Writer.TryWrite(new Touch.Tree());
            }
        }
    }

    private async Task LookAsync(DbConnection reading, RootEvents events, CancellationToken cancellationToken)
    {
        var touched = new HashSet<Touch>();
        while (_touches.Reader.TryRead(out var touch))
        {
            touched.Add(touch);
        }

        if (touched.Contains(new Touch.Root()))
        {
            await Console.Error.WriteLineAsync(Directory.Exists(root) ? $"root '{root}' is there again" : $"root '{root}' has gone; what is known of it stays until it returns").ConfigureAwait(false);
            events.Arm();
        }

        if (touched.Contains(new Touch.Doubts()))
        {
            await SettleDoubtsAsync(reading, cancellationToken).ConfigureAwait(false);
        }

        if (touched.Contains(new Touch.Wanted()))
        {
            await ScanAsync(reading, byContent: true, report: true, cancellationToken).ConfigureAwait(false);
            return;
        }

        // A directory that came concerns everything in it; so do changed rules.
        var paths = touched.OfType<Touch.Entry>().Select(entry => entry.Path).ToList();
        var rules = paths.Any(path => Path.GetFileName(path) == ".gitignore");
        if (rules || touched.Contains(new Touch.Root()) || touched.Contains(new Touch.Tree()) || paths.Any(path => Directory.Exists(Path.Combine(root, path)) && tree.Includes(path)))
        {
            await ScanAsync(reading, byContent: false, report: true, cancellationToken).ConfigureAwait(false);
            return;
        }

        foreach (var path in paths)
        {
            await UpdateAsync(reading, path, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task UpdateAsync(DbConnection reading, string path, CancellationToken cancellationToken)
    {
        // With a directory that went, everything below it.
        var rows = Rows(reading, "path = $2 OR (path > $2 || '/' AND path < $2 || '0')", path);
        foreach (var (known, row) in rows)
        {
            await (tree.Includes(known)
                ? _indexer.UpdateAsync(known, row, report: true, cancellationToken)
                : _indexer.RemoveAsync(known, row, report: true, cancellationToken)).ConfigureAwait(false);
        }

        if (!rows.ContainsKey(path) && tree.Includes(path))
        {
            await _indexer.UpdateAsync(path, null, report: true, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ScanAsync(DbConnection reading, bool byContent, bool report, CancellationToken cancellationToken)
    {
        // Who asks from now on may mean what this scan has passed already.
        var wanted = byContent ? reading.Scalar("SELECT scans_wanted FROM projects WHERE root = $1", root) as long? ?? 0 : 0;
        tree.ForgetRules();
        // Nobody else changes them: they may be read while the tree is.
        var known = Task.Run(() => Rows(reading, "true", ""), CancellationToken.None);
        var doubtful = Channel.CreateUnbounded<string>(new() { SingleWriter = true });
        var finding = Task.Run(() => FindAsync(known, byContent, doubtful.Writer), CancellationToken.None);
        var leftOut = new ConcurrentDictionary<string, int>();
        using var batches = new ChangeBatches(root, queue);
        try
        {
            var rows = await known.ConfigureAwait(false);
            await Parallel.ForEachAsync(doubtful.Reader.ReadAllAsync(cancellationToken), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (path, cancel) =>
            {
                var (change, why) = await _indexer.LookAsync(path, rows.GetValueOrDefault(path), report, cancel).ConfigureAwait(false);
                if (why is not null)
                {
                    leftOut.AddOrUpdate(why, 1, (_, count) => count + 1);
                }

                if (change is not null)
                {
                    await batches.AddAsync(change, cancel).ConfigureAwait(false);
                }

                progress.Scanned();
            }).ConfigureAwait(false);
        }
        finally
        {
            // The next scan begins only when this one does not read the tree any more.
            await Task.WhenAll(known, finding).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (await finding.ConfigureAwait(false) is not { } files)
        {
            await batches.FlushAsync(cancellationToken).ConfigureAwait(false);
            await TellAsync("unreadable", wanted, "", cancellationToken).ConfigureAwait(false);
            return;
        }

        foreach (var (gone, row) in (await known.ConfigureAwait(false)).Where(row => !files.ContainsKey(row.Key)))
        {
            if (_indexer.Removal(gone, row, report) is { } removal)
            {
                await batches.AddAsync(removal, cancellationToken).ConfigureAwait(false);
            }
        }

        await batches.FlushAsync(cancellationToken).ConfigureAwait(false);
        await TellAsync("watching", wanted, ScanReport.Words(leftOut), cancellationToken).ConfigureAwait(false);
        progress.Done(root, files.Count - leftOut.Values.Sum(), leftOut);
    }

    // The files of the tree, and into the channel those that are to be looked at: by content all of them, the first while others are still being found.
    private async Task<Dictionary<string, FileStamp>?> FindAsync(Task<Dictionary<string, IndexedFile>> known, bool byContent, ChannelWriter<string> doubtful)
    {
        try
        {
            var files = tree.Enumerate(Console.Error.WriteLine, byContent ? path => doubtful.TryWrite(path) : null);
            if (!byContent && files is not null)
            {
                var rows = await known.ConfigureAwait(false);
                foreach (var (path, _) in files.Where(file => !FileIndexer.SeemsUnchanged(file.Value, rows.GetValueOrDefault(file.Key))))
                {
                    doubtful.TryWrite(path);
                }
            }

            return files;
        }
        finally
        {
            doubtful.Complete();
        }
    }

    private Task<QueueResult> TellAsync(string state, long wanted, string leftOut, CancellationToken cancellationToken) => queue.ExecuteAsync(
        [new("UPDATE projects SET state = $2, scans_done = CASE WHEN scans_done < $3 THEN $3 ELSE scans_done END, scanned_at = $4, left_out = $5 WHERE root = $1", [root, state, wanted, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), leftOut])],
        cancellationToken);

    // Repair only says what it doubts. It is looked at here, in order with all other changes to these rows.
    private async Task SettleDoubtsAsync(DbConnection reading, CancellationToken cancellationToken)
    {
        foreach (var (id, path) in reading.Rows("SELECT id, path FROM doubts WHERE root = $1", row => (row.GetInt64(0), row.GetString(1)), root))
        {
            await UpdateAsync(reading, path, cancellationToken).ConfigureAwait(false);
            await queue.ExecuteAsync([new("DELETE FROM doubts WHERE id = $1", [id])], cancellationToken).ConfigureAwait(false);
        }
    }

    private Dictionary<string, IndexedFile> Rows(DbConnection reading, string which, string path) => reading.Rows(
        $"SELECT path, hash, size, modified FROM files WHERE root = $1 AND ({which})",
        row => (Path: row.GetString(0), File: new IndexedFile(row.GetString(1), row.GetInt64(2), row.GetInt64(3))),
        root,
        path).ToDictionary(row => row.Path, row => row.File);
}
