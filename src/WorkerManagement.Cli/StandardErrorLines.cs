using System.Threading.Channels;

namespace WorkerManagement.Cli;

/// <summary>
/// What <c>workers run</c> says, line by line, holding up nobody: a thread of its own writes to standard error, which may be a terminal after
/// Ctrl-S, the pipe of somebody who does not read, or a file on a full disk. Lines that find no room are counted, and told when there is room again. Thread-safe.
/// </summary>
internal sealed class StandardErrorLines : IAsyncDisposable
{
    private const int MostWaiting = 1024;

    private static readonly TimeSpan EndBound = TimeSpan.FromSeconds(1);

    private readonly Channel<string> _waiting = Channel.CreateBounded<string>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _missed;

    // In the background: a write that never ends does not keep the process.
    public StandardErrorLines() => new Thread(Write) { IsBackground = true, Name = "standard error" }.Start();

    public void Tell(string line)
    {
        if (!_waiting.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref _missed);
        }
    }

    /// <summary>Waits until everything is written, for 1 s at most.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        try
        {
            await _written.Task.WaitAsync(EndBound).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Nobody reads: ending must not wait for that.
        }
    }

    private void Write()
    {
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_waiting.Reader.TryRead(out var line))
            {
                Write(line);
            }
        }

        _written.SetResult();
    }

    private void Write(string line)
    {
        try
        {
            Console.Error.WriteLine(line);
            if (Interlocked.Exchange(ref _missed, 0) is > 0 and var missed)
            {
                Console.Error.WriteLine($"workers: {missed} lines were not told, for nobody read what was said here; 'workers events' has what happened");
            }
        }
        catch (IOException)
        {
            // It goes into a file, and the disk is full: counted, and told when it has room.
            Interlocked.Increment(ref _missed);
        }
    }
}
