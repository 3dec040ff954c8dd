namespace WorkerManagement.Cli;

/// <summary>
/// What <c>workers run</c> says, line by line, holding up nobody: standard error may be a terminal after Ctrl-S, the pipe of somebody who does not
/// read, or a file on a full disk. Lines that find no room are counted, and told when there is room again. Thread-safe.
/// </summary>
internal sealed class StandardErrorLines : IAsyncDisposable
{
    private readonly Outlet<string> _outlet;
    private long _missed;

    public StandardErrorLines() => _outlet = new("standard error", Write);

    public void Tell(string line)
    {
        if (!_outlet.TryAdd(line))
        {
            Interlocked.Increment(ref _missed);
        }
    }

    public ValueTask DisposeAsync() => _outlet.DisposeAsync();

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
            // The disk is full.
            Interlocked.Increment(ref _missed);
        }
    }
}
