using System.Collections.Concurrent;
using WorkerManagement.Posix;
using WorkerManagement.Worker;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>What all roots together are doing, as the worker's status line. Thread-safe.</summary>
internal sealed class ScanReport(WorkerNotifier notifier, string? missing)
{
    private const int Often = 256;

    private readonly ConcurrentDictionary<string, Scan> _roots = new();
    private int _scanned;

    private sealed record Scan(bool Done, int Files, KeyValuePair<string, int>[] LeftOut);

    /// <summary>A root is about to be scanned. Only when all that are expected have been is the index complete.</summary>
    public void Expect(string root) => _roots[root] = new(false, 0, []);

    /// <summary>A root is not followed any more.</summary>
    public void Forget(string root) => _roots.TryRemove(root, out _);

    /// <summary>One more file was looked at.</summary>
    public void Scanned()
    {
        var scanned = Interlocked.Increment(ref _scanned);
        if (scanned % Often == 0)
        {
            notifier.Ping();
            if (_roots.Values.Any(root => !root.Done))
            {
                notifier.Status($"scanning: {scanned} files so far");
            }
        }
    }

    /// <summary>Nothing can be done now, until the next scan is done.</summary>
    public void Waits(string why) => notifier.Status($"waits: {why}");

    /// <summary>A root's scan is done.</summary>
    public void Done(string root, int files, IEnumerable<KeyValuePair<string, int>> leftOut)
    {
        _roots[root] = new(true, files, [.. leftOut]);
        Tell();
    }

    /// <summary>Says how many files there are, once all scans are done.</summary>
    public void Tell()
    {
        var roots = _roots.Values.ToArray();
        if (roots.All(root => root.Done))
        {
            // A scan that parsed thousands of files leaves hundreds of megabytes that the runtime would keep for more of the same.
            if (Interlocked.Exchange(ref _scanned, 0) > Often)
            {
                ProcessControl.GiveMemoryBack();
            }

            var without = Words(roots.SelectMany(root => root.LeftOut));
            notifier.Status($"{FileWatcherWorker.Watching} {roots.Sum(root => root.Files)} files{(without.Length > 0 ? $"; left out: {without}" : "")}{(missing is null ? "" : $"; {missing}")}");
        }
    }

    /// <summary>Such as <c>2 binary, 1 too large</c>.</summary>
    public static string Words(IEnumerable<KeyValuePair<string, int>> leftOut) =>
        string.Join(", ", leftOut.GroupBy(reason => reason.Key, reason => reason.Value).OrderBy(reason => reason.Key, StringComparer.Ordinal).Select(reason => $"{reason.Sum()} {reason.Key}"));
}
