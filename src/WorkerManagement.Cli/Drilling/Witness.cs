using System.Globalization;
using WorkerManagement.Posix;

namespace WorkerManagement.Cli.Drilling;

/// <summary>Processes pinned before a blow: the kernel itself says when each has ended, reaped or not, whatever becomes of its number.</summary>
internal sealed class Witness : IDisposable
{
    private readonly List<(int Pid, PidFd Pin)> _pins = [];

    /// <summary>Pins those that live.</summary>
    public Witness(IEnumerable<int> pids)
    {
        foreach (var pid in pids)
        {
            if (PidFd.TryOpen(pid) is { } pin)
            {
                _pins.Add((pid, pin));
            }
        }
    }

    public int Count => _pins.Count;

    /// <summary>Sends a signal to all that are pinned.</summary>
    public void Send(int signal) => _pins.ForEach(one => one.Pin.Send(signal));

    /// <summary>Waits until all have ended; those that have not within the bound.</summary>
    public Task<int[]> AllEndedAsync(TimeSpan bound) => Task.Run(() =>
    {
        var began = TimeProvider.System.GetTimestamp();
        return _pins.Where(one => !Poll.IsReadable(one.Pin.Descriptor, (int)Math.Max(0, (bound - TimeProvider.System.GetElapsedTime(began)).TotalMilliseconds))).Select(one => one.Pid).ToArray();
    });

    /// <summary>What there is to say of some that still live.</summary>
    public static string Alive(int[] pids) => string.Create(CultureInfo.InvariantCulture, $"{pids.Length} still live: {string.Join(", ", pids.Take(5))}");

    public void Dispose() => _pins.ForEach(one => one.Pin.Dispose());
}
