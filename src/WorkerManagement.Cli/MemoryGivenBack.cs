using WorkerManagement.Posix;

namespace WorkerManagement.Cli;

/// <summary>
/// Gives back what a burst of changes left. The collector comes by itself after tens of megabytes, and a manager at rest would keep them: the
/// budget of the youngest generation follows the size of the processor's cache, whatever little is alive.
/// </summary>
internal sealed class MemoryGivenBack : IDisposable
{
    // A collection holds up every thread for some milliseconds: after a burst, not within each.
    private const long Worthwhile = 8 * 1024 * 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);

    private readonly ITimer _timer;
    private long _before;
    private int _waiting;

    public MemoryGivenBack(TimeProvider time) => _timer = time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>At once: much is known to be garbage.</summary>
    public void Now()
    {
        ProcessControl.GiveMemoryBack();
        _before = GC.GetTotalAllocatedBytes();
    }

    /// <summary>Something changed: in a while it is looked at what that cost. Thread-safe, and cheap.</summary>
    public void Changed()
    {
        if (Interlocked.Exchange(ref _waiting, 1) == 0)
        {
            _timer.Change(Pause, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        Volatile.Write(ref _waiting, 0);
        if (GC.GetTotalAllocatedBytes() - _before >= Worthwhile)
        {
            Now();
        }
    }
}
