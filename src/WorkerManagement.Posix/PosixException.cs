namespace WorkerManagement.Posix;

/// <summary>A system call failed: what was tried, the kernel's answer, and what to do.</summary>
public sealed class PosixException : Exception
{
    /// <summary>With the call's errno and what was tried, such as <c>open '/run/x'</c>.</summary>
    public PosixException(int errno, string what) : base(Compose(errno, what)) => Number = errno;

    /// <summary>Without a call.</summary>
    public PosixException()
    {
    }

    /// <summary>With a message only.</summary>
    public PosixException(string message) : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public PosixException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>The errno.</summary>
    public int Number { get; }

    internal static PosixException Last(string what) => new(Errno.Last, what);

    private static string Compose(int errno, string what)
    {
        var remedy = Errno.Remedy(errno);
        return $"cannot {what}: {Errno.Describe(errno)}" + (remedy.Length == 0 ? "" : $"; {remedy}");
    }
}
