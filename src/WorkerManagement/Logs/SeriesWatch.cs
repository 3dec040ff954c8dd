using System.Threading.Channels;

namespace WorkerManagement.Logs;

/// <summary>Tells that something happened to a series. Where the kernel gives no watch, or takes it back, time does.</summary>
internal sealed class SeriesWatch : IDisposable
{
    private static readonly TimeSpan WithoutWatch = TimeSpan.FromMilliseconds(250), Longest = TimeSpan.FromSeconds(2);

    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly FileSystemWatcher? _watcher;

    public SeriesWatch(string path)
    {
        try
        {
            _watcher = new(Path.GetDirectoryName(path)!, Path.GetFileName(path) + "*") { NotifyFilter = NotifyFilters.Size | NotifyFilters.LastWrite | NotifyFilters.FileName };
            _watcher.Changed += (_, _) => _news.Writer.TryWrite(true);
            _watcher.Created += (_, _) => _news.Writer.TryWrite(true);
            _watcher.Renamed += (_, _) => _news.Writer.TryWrite(true);
            _watcher.Error += (_, _) => _news.Writer.TryWrite(true);
            _watcher.EnableRaisingEvents = true;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException)
        {
            // The user's watches are used up, or there is no such directory yet.
            _watcher?.Dispose();
            _watcher = null;
        }
    }

    /// <summary>Until it is worth looking again. A directory that was removed and made again is noticed after 2 s.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(_watcher is null ? WithoutWatch : Longest);
        try
        {
            await _news.Reader.ReadAsync(bound.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Time to look.
        }
    }

    public void Dispose() => _watcher?.Dispose();
}
