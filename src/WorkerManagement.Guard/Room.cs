using WorkerManagement.Posix;

namespace WorkerManagement.Guard;

/// <summary>
/// A few descriptors are kept free. Without one nothing in /proc can be looked at and nobody pinned: no run would ever be settled, and so
/// no descriptor come back. So what can be refused is refused before: a run, a connection.
/// </summary>
internal static class Room
{
    private const ulong Spare = 8;

    private static ulong s_limit = ulong.MaxValue;

    internal static void Learn(ResourceLimit openFiles) => s_limit = openFiles.Soft;

    /// <summary>Whether enough are left. The kernel hands out the lowest free number, so a new one tells.</summary>
    internal static bool IsLeftAfter(int descriptor) => (ulong)descriptor + Spare < s_limit;

    internal static PosixException None(string what) => new(Errno.EMFILE, what);
}
