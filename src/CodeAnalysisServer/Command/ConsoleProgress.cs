using System.Data.Common;
using System.Net.Sockets;
using System.Threading.Channels;
using CodeAnalysisServer.FileWatcher;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using WorkerManagement;

namespace CodeAnalysisServer.Command;

/// <summary>What a person sees: progress while the first index builds, then one line a change. Looks only when the queue or the manager tells of news.</summary>
internal sealed class ConsoleProgress(WorkerManager manager, IndexDatabase database, Action<string> told)
{
    // At most so often a line while the index builds; a change is told at once.
    private static readonly TimeSpan Coalesce = TimeSpan.FromMilliseconds(250), CoalesceChanges = TimeSpan.FromMilliseconds(50);

    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _last = "";
    private bool _building = true;
    private long? _change;

    /// <summary>Completes when the first index is built: every root scanned, every chunk embedded.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(FollowManagerAsync(cancellationToken), TellAsync(cancellationToken)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        while (await _news.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            await Task.Delay(_building ? Coalesce : CoalesceChanges, cancellationToken).ConfigureAwait(false);
            _news.Reader.TryRead(out _);
            try
            {
                Look();
            }
            catch (DbException exception)
            {
                // The queue closes, replaces or mends it at this moment; its next news looks again.
                Told($"the index cannot be read now: {exception.Message}");
            }
        }
    }

    // Each time the queue's process is ready there is a new connection to make.
    private async Task FollowManagerAsync(CancellationToken cancellationToken)
    {
        var following = Task.CompletedTask;
        long incarnation = 0;
        await foreach (var report in manager.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            _news.Writer.TryWrite(true);
            if (following.IsCompleted && report.Workers.FirstOrDefault(worker => worker is { Type: "sqlite_queue", Ready: true }) is { } queue && queue.Incarnation != incarnation)
            {
                await following.ConfigureAwait(false);
                incarnation = queue.Incarnation;
                following = FollowQueueAsync(cancellationToken);
            }
        }

        await following.ConfigureAwait(false);
    }

    private async Task FollowQueueAsync(CancellationToken cancellationToken)
    {
        try
        {
            var queue = await SqliteDriverProxy.ConnectAsync(database.DataDirectory, cancellationToken).ConfigureAwait(false);
            await using (queue.ConfigureAwait(false))
            {
                await queue.SubscribeAsync(cancellationToken).ConfigureAwait(false);
                while (true)
                {
                    _news.Writer.TryWrite(true);
                    await queue.CommittedAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // The queue has gone; the manager tells when the next one is ready.
            _news.Writer.TryWrite(true);
        }
    }

    private void Told(string line)
    {
        if (line != _last)
        {
            told(_last = line);
        }
    }

    private void Look()
    {
        using var connection = database.TryOpenReady();
        if (connection is null)
        {
            return;
        }

        _change ??= (long)connection.Scalar("SELECT coalesce(max(id), 0) FROM changes")!;
        if (_building)
        {
            var (files, chunks, left) = connection.Rows("SELECT (SELECT count(*) FROM files), (SELECT count(*) FROM chunks), (SELECT count(*) FROM to_embed)", row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)))[0];
            var scanned = manager.GetWorkerStatus().Workers.FirstOrDefault(worker => worker.Type == "file_watcher")?.StatusText?.StartsWith(FileWatcherWorker.Watching, StringComparison.Ordinal) == true;
            _building = !scanned || left > 0;
            var line = _building ? $"indexing: {files} files, {chunks - left} of {chunks} chunks embedded" : $"index ready: {files} files, {chunks} chunks";
            Told(line);

            if (!_building)
            {
                _ready.TrySetResult();
            }
        }

        foreach (var (id, kind, path) in connection.Rows("SELECT id, kind, path FROM changes WHERE id > $1 ORDER BY id", row => (row.GetInt64(0), row.GetString(1), row.GetString(2)), _change.Value))
        {
            told($"{kind} {TerminalText.Of(path)}");
            _change = id;
        }
    }
}
