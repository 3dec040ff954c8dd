using System.Runtime.InteropServices;

namespace WorkerManagement.Posix;

/// <summary>The error numbers that this repository acts on, as on x86-64 and arm64 Linux (<c>errno(3)</c>), and words for them.</summary>
public static class Errno
{
    /// <summary>Operation not permitted.</summary>
    public const int EPERM = 1;

    /// <summary>No such file.</summary>
    public const int ENOENT = 2;

    /// <summary>No such process.</summary>
    public const int ESRCH = 3;

    /// <summary>Interrupted by a signal.</summary>
    public const int EINTR = 4;

    /// <summary>Argument list too long.</summary>
    public const int E2BIG = 7;

    /// <summary>Not an executable format.</summary>
    public const int ENOEXEC = 8;

    /// <summary>No child left.</summary>
    public const int ECHILD = 10;

    /// <summary>Would block.</summary>
    public const int EAGAIN = 11;

    /// <summary>Permission denied.</summary>
    public const int EACCES = 13;

    /// <summary>Busy.</summary>
    public const int EBUSY = 16;

    /// <summary>Exists.</summary>
    public const int EEXIST = 17;

    /// <summary>Not a directory.</summary>
    public const int ENOTDIR = 20;

    /// <summary>Invalid argument.</summary>
    public const int EINVAL = 22;

    /// <summary>Too many open files in this process.</summary>
    public const int EMFILE = 24;

    /// <summary>No space left.</summary>
    public const int ENOSPC = 28;

    /// <summary>The reader is gone.</summary>
    public const int EPIPE = 32;

    /// <summary>No such system call.</summary>
    public const int ENOSYS = 38;

    /// <summary>The errno of the last failed call on this thread.</summary>
    internal static int Last => Marshal.GetLastPInvokeError();

    /// <summary>The C library's words for an error number, such as <c>Permission denied</c>.</summary>
    public static string Describe(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    /// <summary>What an operator can do about it; empty where only the caller knows.</summary>
    public static string Remedy(int errno) => errno switch
    {
        EMFILE => "raise the open-file limit (ulimit -n, LimitNOFILE=)",
        EAGAIN => "raise the process limit (ulimit -u, TasksMax=) or stop other processes",
        ENOSPC => "free disk space or inodes",
        EACCES or EPERM => "check owner and mode, and that the file system is not mounted noexec or read-only",
        ENOENT => "check the path; for a script, the interpreter in its first line as well",
        ENOEXEC => "give the script a #! line, or name its interpreter first",
        ENOTDIR => "name a directory",
        E2BIG => "shorten arguments and environment",
        ENOSYS => "run Linux 5.9 or later",
        _ => "",
    };
}
