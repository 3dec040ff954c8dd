using System.Runtime.InteropServices;

namespace WorkerManagement.Posix;

/// <summary>Waiting for one descriptor: <c>poll(2)</c>.</summary>
public static unsafe partial class Poll
{
    /// <summary>Whether the descriptor is readable, at its end or in error within <paramref name="milliseconds"/> (-1: for ever).</summary>
    public static bool IsReadable(int descriptor, int milliseconds)
    {
        const ulong readable = 1UL << 32;
        var began = Environment.TickCount64;
        while (true)
        {
            var left = milliseconds < 0 ? -1 : (int)Math.Max(0, milliseconds - (Environment.TickCount64 - began));
            var entry = (uint)descriptor | readable;
            var ready = poll(&entry, 1, left);
            if (ready >= 0)
            {
                return ready > 0;
            }

            // Any signal to this process ends the wait early: that is no answer.
            if (Errno.Last != Errno.EINTR)
            {
                throw PosixException.Last("wait for a file descriptor");
            }
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ulong* entries, nuint count, int milliseconds);
}
