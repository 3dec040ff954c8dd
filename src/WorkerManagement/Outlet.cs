using System.Threading.Channels;

namespace WorkerManagement;

/// <summary>
/// Hands things over to somebody who may take his time (a logger, a terminal, a pipe that nobody reads) on a thread of its own: whoever gives
/// them away never waits. Thread-safe.
/// </summary>
/// <param name="name">The thread's.</param>
/// <param name="take">Takes one; called one at a time, in order. Must not throw.</param>
internal sealed class Outlet<T>(string name, Action<T> take) : IAsyncDisposable
{
    private const int MostWaiting = 1024;

    private static readonly TimeSpan EndBound = TimeSpan.FromSeconds(1);

    private readonly Channel<T> _waiting = Channel.CreateBounded<T>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _started;

    /// <summary>False when there is no room.</summary>
    public bool TryAdd(T item)
    {
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            // In the background: one that is never taken does not keep the process.
            new Thread(TakeAll) { IsBackground = true, Name = name }.Start();
        }

        return _waiting.Writer.TryWrite(item);
    }

    /// <summary>Waits until everything is taken, for 1 s at most.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            return;
        }

        try
        {
            await _taken.Task.WaitAsync(EndBound).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Nobody takes them: ending must not wait for that.
        }
    }

    private void TakeAll()
    {
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_waiting.Reader.TryRead(out var item))
            {
                take(item);
            }
        }

        _taken.SetResult();
    }
}
