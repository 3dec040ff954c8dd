using System.Runtime.InteropServices;

namespace WorkerManagement.Posix;

/// <summary>One readiness event: the caller's key and what is ready.</summary>
public readonly record struct EpollEvent(ulong Key, EpollInterest Ready);

/// <summary>What to wait for: <c>epoll_ctl(2)</c>.</summary>
[Flags]
public enum EpollInterest : uint
{
    /// <summary>Nothing but errors and hang-ups.</summary>
    None = 0,

    /// <summary>EPOLLIN.</summary>
    Read = 1,

    /// <summary>EPOLLPRI: a cgroup's events file changed.</summary>
    Priority = 2,

    /// <summary>EPOLLOUT.</summary>
    Write = 4,

    /// <summary>EPOLLERR, always waited for.</summary>
    Error = 8,

    /// <summary>EPOLLHUP, always waited for.</summary>
    HangUp = 16,
}

/// <summary>An epoll instance, <c>epoll(7)</c>. One thread waits; any thread may add and remove.</summary>
public sealed unsafe partial class Epoll : SafeHandle
{
    // The kernel packs the struct on x86-64 only (<sys/epoll.h>, __EPOLL_PACKED): 12 bytes there, 16 elsewhere.
    private static readonly bool Packed = RuntimeInformation.ProcessArchitecture is Architecture.X64;
    private static readonly int EventSize = Packed ? 12 : 16;
    private static readonly int DataOffset = Packed ? 4 : 8;

    /// <summary>A new instance, close-on-exec.</summary>
    public Epoll() : base(-1, ownsHandle: true)
    {
        var descriptor = epoll_create1(Descriptors.CloseOnExec);
        SetHandle(descriptor >= 0 ? descriptor : throw PosixException.Last("make an epoll instance"));
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <summary>Waits for a descriptor; <paramref name="key"/> comes back with its events.</summary>
    public void Add(int descriptor, EpollInterest interest, ulong key) => Control(1, descriptor, interest, key);

    /// <summary>Changes what a descriptor is waited for.</summary>
    public void Change(int descriptor, EpollInterest interest, ulong key) => Control(3, descriptor, interest, key);

    /// <summary>Forgets a descriptor. Must come before its close: a duplicate elsewhere would keep it alive here.</summary>
    public void Remove(int descriptor) => Control(2, descriptor, EpollInterest.None, 0);

    /// <summary>Waits up to <paramref name="milliseconds"/> (-1: for ever) and returns how many events were stored.</summary>
    public int Wait(Span<EpollEvent> events, int milliseconds)
    {
        var raw = stackalloc byte[16 * 64];
        var count = epoll_wait((int)handle, raw, Math.Min(events.Length, 64), milliseconds);
        if (count < 0)
        {
            return Errno.Last == Errno.EINTR ? 0 : throw PosixException.Last("wait for events");
        }

        for (var i = 0; i < count; i++)
        {
            var entry = raw + i * EventSize;
            events[i] = new(*(ulong*)(entry + DataOffset), (EpollInterest)(*(uint*)entry));
        }

        return count;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Descriptors.Close((int)handle);
        return true;
    }

    private void Control(int operation, int descriptor, EpollInterest interest, ulong key)
    {
        var entry = stackalloc byte[16];
        *(uint*)entry = (uint)interest;
        *(ulong*)(entry + DataOffset) = key;
        if (epoll_ctl((int)handle, operation, descriptor, entry) != 0)
        {
            throw PosixException.Last("change what epoll waits for");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epoll, int operation, int descriptor, byte* entry);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int epoll, byte* events, int maximum, int milliseconds);
}
