using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace WorkerManagement.Posix;

/// <summary>
/// A process pinned by <c>pidfd_open(2)</c>: whatever happens to the number, this means the same process.
/// The descriptor is readable once the process has ended, reaped or not.
/// </summary>
public sealed partial class PidFd : SafeHandleZeroOrMinusOneIsInvalid
{
    private PidFd(int descriptor) : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>The descriptor, valid until this is disposed: for epoll.</summary>
    public int Descriptor => (int)handle;

    /// <summary>Pins a process; null with ESRCH when there is none.</summary>
    /// <exception cref="PosixException">No descriptor is left.</exception>
    public static PidFd? TryOpen(int pid) => TryOpen(pid, out var error) is { } pinned ? pinned
        : error is Errno.ESRCH or Errno.EINVAL ? null
        : throw new PosixException(error, $"pin process {pid}");

    /// <summary>Pins a process; null with the error: ESRCH when there is none, EMFILE when no descriptor is left. Never throws.</summary>
    public static PidFd? TryOpen(int pid, out int error)
    {
        var descriptor = (int)syscall(SystemCalls.PidFdOpen, pid, 0, 0, 0);
        error = descriptor < 0 ? Errno.Last : 0;
        return descriptor >= 0 ? new PidFd(descriptor) : null;
    }

    /// <summary>Pins exactly the process that is meant; null when it is gone, a zombie, or its number belongs to another now.</summary>
    public static PidFd? TryOpen(ProcessIdentity identity)
    {
        var pinned = TryOpen(identity.Pid);
        if (pinned is not null && Procfs.ProcStat.TryRead(identity.Pid) is { IsDead: false } stat && stat.StartTime == identity.StartTime && !pinned.HasEnded)
        {
            return pinned;
        }

        pinned?.Dispose();
        return null;
    }

    /// <summary>Whether the process has ended; asks the kernel, never waits.</summary>
    public bool HasEnded => Poll.IsReadable(Descriptor, 0);

    /// <summary>Sends a signal; false when the process has ended or may not be signalled.</summary>
    public bool Send(int signal) => syscall(SystemCalls.PidFdSendSignal, handle, signal, 0, 0) == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Descriptors.Close((int)handle);
        return true;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint first, nint second, nint third, nint fourth);
}
