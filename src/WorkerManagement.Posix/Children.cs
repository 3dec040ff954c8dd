using System.Runtime.InteropServices;

namespace WorkerManagement.Posix;

/// <summary>What <c>waitid(2)</c> told of one ended child.</summary>
public readonly record struct ChildExit(int Pid, ExitStatus Status, TimeSpan UserTime, TimeSpan SystemTime, long PeakMemoryBytes);

/// <summary>The calling process' children: <c>waitid(2)</c>, the one witness that cannot be wrong about a death.</summary>
public static unsafe partial class Children
{
    private const int NoHang = 1, Exited = 4, NoWait = 0x01000000, All = 0, ByPid = 1;

    // siginfo_t on 64-bit Linux: si_signo, si_errno, si_code, four bytes of padding, si_pid, si_uid, si_status.
    private const int CodeOffset = 8, PidOffset = 16, StatusOffset = 24;

    /// <summary>Any ended child's pid, which stays a zombie (its number cannot be reused); 0 when none has ended; -1 when no child is left (ECHILD).</summary>
    public static int PeekEnded()
    {
        var info = stackalloc byte[128];
        *(int*)(info + PidOffset) = 0;
        while (waitid(All, 0, info, Exited | NoHang | NoWait, null) != 0)
        {
            if (Errno.Last != Errno.EINTR)
            {
                return Errno.Last == Errno.ECHILD ? -1 : throw PosixException.Last("wait for children");
            }
        }

        return *(int*)(info + PidOffset);
    }

    /// <summary>How an ended child ended, without reaping it; null when it has not ended, was reaped already, or is not a child of this process.</summary>
    public static ExitStatus? PeekStatus(int pid)
    {
        var info = stackalloc byte[128];
        *(int*)(info + PidOffset) = 0;
        return waitid(ByPid, pid, info, Exited | NoHang | NoWait, null) == 0 && *(int*)(info + PidOffset) == pid ? StatusIn(info) : null;
    }

    /// <summary>Reaps one ended child; null when it has not ended or is not a child of this process.</summary>
    public static ChildExit? TryReap(int pid)
    {
        var info = stackalloc byte[128];
        var usage = stackalloc long[18];
        *(int*)(info + PidOffset) = 0;
        while (waitid(ByPid, pid, info, Exited | NoHang, usage) != 0)
        {
            if (Errno.Last != Errno.EINTR)
            {
                return null;
            }
        }

        if (*(int*)(info + PidOffset) == 0)
        {
            return null;
        }

        // rusage: two timevals, then ru_maxrss in KiB.
        return new(
            pid,
            StatusIn(info),
            TimeSpan.FromSeconds(usage[0]) + TimeSpan.FromMicroseconds(usage[1]),
            TimeSpan.FromSeconds(usage[2]) + TimeSpan.FromMicroseconds(usage[3]),
            usage[4] * 1024);
    }

    // si_code: CLD_EXITED, CLD_KILLED or CLD_DUMPED.
    private static ExitStatus StatusIn(byte* info)
    {
        const int exited = 1, dumped = 3;
        var code = *(int*)(info + CodeOffset);
        var status = *(int*)(info + StatusOffset);
        return code == exited ? new ExitStatus.Exited(status) : new ExitStatus.Signaled(status, code == dumped);
    }

    /// <summary>Waits for a child that is certain to end at once, and reaps it.</summary>
    internal static void Await(int pid)
    {
        var info = stackalloc byte[128];
        while (waitid(ByPid, pid, info, Exited, null) != 0 && Errno.Last == Errno.EINTR)
        {
        }
    }

    // The raw call: glibc's waitid hides the fifth argument, rusage.
    private static int waitid(int kind, int id, byte* info, int options, long* usage) =>
        (int)syscall(SystemCalls.WaitId, kind, id, (nint)info, options, (nint)usage);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint kind, nint id, nint info, nint options, nint usage);
}
