using System.Collections.Concurrent;
using WorkerManagement.Worker;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>What all roots together are doing, as the worker's status line. Thread-safe.</summary>
internal sealed class ScanReport(WorkerNotifier notifier, int roots, string? missing)
{
    private const int Often = 256;

    private readonly ConcurrentDictionary<string, (int Files, KeyValuePair<string, int>[] LeftOut)> _watched = new();
    private int _scanned;

    /// <summary>One more file was looked at.</summary>
    public void Scanned()
    {
        var scanned = Interlocked.Increment(ref _scanned);
        if (scanned % Often == 0)
        {
            notifier.Ping();
            if (_watched.Count < roots)
            {
                notifier.Status($"scanning: {scanned} files so far");
            }
        }
    }

    /// <summary>A root's scan is done. Only when all roots are is the first index complete.</summary>
    public void Done(string root, int files, IEnumerable<KeyValuePair<string, int>> leftOut)
    {
        _watched[root] = (files, [.. leftOut]);
        if (_watched.Count == roots)
        {
            var without = string.Join(", ", _watched.Values.SelectMany(watched => watched.LeftOut).GroupBy(reason => reason.Key, reason => reason.Value).OrderBy(reason => reason.Key, StringComparer.Ordinal).Select(reason => $"{reason.Sum()} {reason.Key}"));
            // A scan that parsed thousands of files leaves hundreds of megabytes that the runtime would keep for more of the same.
            if (Interlocked.Exchange(ref _scanned, 0) > Often)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            }

            notifier.Status($"{FileWatcherWorker.Watching} {_watched.Values.Sum(watched => watched.Files)} files{(without.Length > 0 ? $"; left out: {without}" : "")}{(missing is null ? "" : $"; {missing}")}");
        }
    }
}
