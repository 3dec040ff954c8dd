using System.Runtime.InteropServices;

namespace WorkerManagement.Posix;

/// <summary>Waiting for one descriptor: <c>poll(2)</c>.</summary>
public static unsafe partial class Poll
{
    /// <summary>Whether the descriptor is readable, at its end or in error within <paramref name="milliseconds"/> (-1: for ever).</summary>
    public static bool IsReadable(int descriptor, int milliseconds)
    {
        const ulong readable = 1UL << 32;
        var entry = (uint)descriptor | readable;
        return poll(&entry, 1, milliseconds) > 0;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ulong* entries, nuint count, int milliseconds);
}
