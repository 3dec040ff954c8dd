using System.Diagnostics;

namespace WorkerManagement;

/// <summary>
/// Tells a second signal to stop, which means now, from the first one told twice: <c>timeout(1)</c>, for one, signals its child and then the
/// whole group, the child among it, and a terminal's Ctrl-C reaches a process beside whoever passes it on. Thread-safe.
/// </summary>
internal sealed class SignalsToStop
{
    // Doubles are microseconds apart, and on a busy machine milliseconds; no hand is as quick.
    private static readonly TimeSpan Echo = TimeSpan.FromMilliseconds(100);

    private long _first;

    /// <summary>Whether this one is the first.</summary>
    /// <param name="hurries">Whether it comes so long after the first that somebody means it.</param>
    public bool IsFirst(out bool hurries)
    {
        var now = Stopwatch.GetTimestamp();
        var first = Interlocked.CompareExchange(ref _first, now, 0);
        hurries = first != 0 && Stopwatch.GetElapsedTime(first, now) >= Echo;
        return first == 0;
    }
}
