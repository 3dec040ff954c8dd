using System.Runtime.InteropServices;

namespace WorkerManagement.Posix;

/// <summary>A soft and a hard limit of one resource.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ResourceLimit(ulong Soft, ulong Hard)
{
    /// <summary>RLIM_INFINITY.</summary>
    public const ulong Infinity = ulong.MaxValue;
}

/// <summary>Limits of the calling process: <c>getrlimit(2)</c>.</summary>
public static unsafe partial class ResourceLimits
{
    /// <summary>RLIMIT_NOFILE: open files.</summary>
    public const int OpenFiles = 7;

    /// <summary>RLIMIT_LOCKS: not enforced since Linux 2.4.25, inherited by every descendant; it carries the process tag.</summary>
    public const int Locks = 10;

    /// <summary>The present limit.</summary>
    public static ResourceLimit Get(int resource)
    {
        ResourceLimit limit;
        return getrlimit(resource, &limit) == 0 ? limit : throw PosixException.Last("read a resource limit");
    }

    /// <summary>Sets a limit; false with errno when that is refused (an ordinary user can only lower a hard limit).</summary>
    public static bool TrySet(int resource, ResourceLimit limit) => setrlimit(resource, &limit) == 0;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, ResourceLimit* limit);
}
