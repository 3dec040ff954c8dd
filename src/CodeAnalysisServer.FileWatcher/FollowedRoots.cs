using System.Data.Common;
using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>
/// The roots as the table of projects has them, each with its watcher. A root inside another one is indexed as itself and left out of
/// the outer; so when one comes or goes, those around it begin anew with a scan. Not thread-safe.
/// </summary>
internal sealed class FollowedRoots(IndexDatabase database, DbConnection reading, SqliteDriverProxy queue, SourceAnalyzer analyzer, ScanReport progress, Func<Task, Task> alive) : IAsyncDisposable
{
    private readonly Dictionary<string, Followed> _followed = [];

    private string[]? _known;

    private sealed record Followed(RootWatcher Watcher, string[] Inner, CancellationTokenSource Stop, Task Running);

    /// <summary>Completes, or fails, when a watcher has ended by itself.</summary>
    public Task Ended { get; private set; } = new TaskCompletionSource().Task;

    /// <summary>Follows what the table says now, and passes on what is asked of the roots.</summary>
    public async Task AgreeAsync(CancellationToken cancellationToken)
    {
        var wanted = reading.Rows("SELECT root, scans_wanted > scans_done FROM projects", row => (Root: row.GetString(0), Scan: row.GetBoolean(1)));
        string[] roots = [.. wanted.Select(project => project.Root).Order(StringComparer.Ordinal)];
        if (_known is null || !roots.SequenceEqual(_known))
        {
            await ChangeAsync(roots, cancellationToken).ConfigureAwait(false);
            _known = roots;
        }

        var doubted = reading.Rows("SELECT DISTINCT root FROM doubts", row => row.GetString(0));
        foreach (var (root, scan) in wanted)
        {
            if (scan)
            {
                _followed[root].Watcher.Want();
            }

            if (doubted.Contains(root))
            {
                _followed[root].Watcher.Doubt();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var followed in _followed.Values)
        {
            await EndAsync(followed).ConfigureAwait(false);
        }
    }

    private async Task ChangeAsync(string[] roots, CancellationToken cancellationToken)
    {
        foreach (var (root, followed) in _followed.Where(known => !roots.Contains(known.Key) || !known.Value.Inner.SequenceEqual(InnerOf(known.Key, roots))).ToArray())
        {
            _followed.Remove(root);
            progress.Forget(root);
            await EndAsync(followed).ConfigureAwait(false);
        }

        await RetireAsync(roots, cancellationToken).ConfigureAwait(false);
        foreach (var root in roots.Where(root => !_followed.ContainsKey(root)))
        {
            progress.Expect(root);
            Follow(root, InnerOf(root, roots), cancellationToken);
        }

        progress.Tell();
        Ended = _followed.Count == 0 ? new TaskCompletionSource().Task : Task.WhenAny(_followed.Values.Select(root => root.Running)).Unwrap();
    }

    private static string[] InnerOf(string root, IEnumerable<string> roots) => [.. roots.Where(inner => inner != root && inner.StartsWith(root == "/" ? root : root + "/", StringComparison.Ordinal))];

    private static async Task EndAsync(Followed followed)
    {
        await followed.Stop.CancelAsync().ConfigureAwait(false);
        await followed.Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        followed.Stop.Dispose();
    }

    private void Follow(string root, string[] inner, CancellationToken cancellationToken)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watcher = new RootWatcher(root, new(root, [database.DataDirectory, .. inner]), analyzer, database, queue, progress);
        _followed[root] = new(watcher, inner, stop, Task.Run(() => watcher.RunAsync(alive, stop.Token), CancellationToken.None));
    }

    // What belongs to no root of this server is not followed any more, and would only grow stale.
    private async Task RetireAsync(string[] roots, CancellationToken cancellationToken)
    {
        foreach (var retired in reading.Rows("SELECT DISTINCT root FROM files UNION SELECT root FROM doubts UNION SELECT root FROM indexing_errors", row => row.GetString(0)).Except(roots))
        {
            await queue.ExecuteAsync([new("DELETE FROM files WHERE root = $1", [retired]), new("DELETE FROM doubts WHERE root = $1", [retired]), new("DELETE FROM indexing_errors WHERE root = $1", [retired])], cancellationToken).ConfigureAwait(false);
        }
    }
}
