using System.Runtime.InteropServices;

namespace WorkerManagement.Posix;

/// <summary>Signals as data: <c>sigprocmask(2)</c>, <c>signalfd(2)</c>, <c>kill(2)</c>.</summary>
public static unsafe partial class Signals
{
    /// <summary>SIGHUP.</summary>
    public const int Hangup = 1;

    /// <summary>SIGINT.</summary>
    public const int Interrupt = 2;

    /// <summary>SIGQUIT.</summary>
    public const int Quit = 3;

    /// <summary>SIGKILL.</summary>
    public const int Kill = 9;

    /// <summary>SIGPIPE.</summary>
    public const int Pipe = 13;

    /// <summary>SIGTERM.</summary>
    public const int Terminate = 15;

    /// <summary>SIGCHLD.</summary>
    public const int Child = 17;

    /// <summary>SIGSTOP.</summary>
    public const int Stop = 19;

    /// <summary>SIGCONT.</summary>
    public const int Continue = 18;

    internal const int SetSize = 128;

    /// <summary>Blocks signals in the calling thread, and so in every thread and program that it starts later.</summary>
    public static void Block(params ReadOnlySpan<int> signals)
    {
        var set = stackalloc byte[SetSize];
        Fill(set, signals);
        if (pthread_sigmask(0, set, null) is not 0 and var error)
        {
            throw new PosixException(error, "block signals");
        }
    }

    /// <summary>A non-blocking descriptor that becomes readable when one of the (blocked) signals is pending.</summary>
    public static int OpenDescriptor(params ReadOnlySpan<int> signals)
    {
        var set = stackalloc byte[SetSize];
        Fill(set, signals);
        var descriptor = signalfd(-1, set, Descriptors.CloseOnExec | Descriptors.NonBlocking);
        return descriptor >= 0 ? descriptor : throw PosixException.Last("open a signal descriptor");
    }

    /// <summary>The next pending signal and its sender's pid, or 0 when none is pending.</summary>
    public static (int Signal, int Sender) ReadDescriptor(int descriptor)
    {
        Span<byte> info = stackalloc byte[128];
        return Descriptors.Read(descriptor, info) == 128
            ? (BitConverter.ToInt32(info), BitConverter.ToInt32(info[12..]))
            : (0, 0);
    }

    /// <summary>
    /// Signals one's own child that has not been reaped, or the group that it leads: only then is the number safe from reuse.
    /// Every other process is signalled through a <see cref="PidFd"/>.
    /// </summary>
    /// <returns>False when nothing was there to take it, or it may not be signalled.</returns>
    public static bool SendToUnreapedChild(int pidOrNegativeGroup, int signal) => kill(pidOrNegativeGroup, signal) == 0;

    private static void Fill(byte* set, ReadOnlySpan<int> signals)
    {
        _ = sigemptyset(set);
        foreach (var signal in signals)
        {
            _ = sigaddset(set, signal);
        }
    }

    [LibraryImport("libc")]
    private static partial int sigemptyset(byte* set);

    [LibraryImport("libc")]
    private static partial int sigaddset(byte* set, int signal);

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, byte* set, byte* old);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int signalfd(int descriptor, byte* set, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);
}
