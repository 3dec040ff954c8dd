using System.Runtime.InteropServices;

namespace ScriptedWorker;

/// <summary>
/// The system calls of a nasty program. After <c>fork(2)</c> a child goes on in managed code with the one thread that it has:
/// good enough here, for it only makes a few calls and then sleeps, executes or ends.
/// </summary>
internal static unsafe partial class Native
{
    internal const int Hangup = 1, Interrupt = 2, Terminate = 15, Child = 17, Stop = 19;
    private const int WriteOnly = 1, CloseOnExec = 0x80000;

    internal static void Default(int number) => signal(number, 0);

    internal static void Ignore(params ReadOnlySpan<int> numbers)
    {
        foreach (var number in numbers)
        {
            signal(number, 1);
        }
    }

    internal static void BlockEverything()
    {
        var all = stackalloc byte[128];
        new Span<byte>(all, 128).Fill(0xFF);
        sigprocmask(0, all, null);
    }

    internal static void Write(int descriptor, ReadOnlySpan<byte> text)
    {
        fixed (byte* start = text)
        {
            write(descriptor, start, text.Length);
        }
    }

    /// <summary>A descriptor that every child and every program executed later inherits.</summary>
    internal static int OpenForAll(string path) => open(path, WriteOnly);

    internal static (int Read, int Write) Pipe()
    {
        var ends = stackalloc int[2];
        pipe2(ends, CloseOnExec);
        return (ends[0], ends[1]);
    }

    internal static void WaitForEnd(int pipe)
    {
        byte one;
        while (read(pipe, &one, 1) > 0)
        {
        }
    }

    internal static void CloseEverything() => syscall(436, 0, int.MaxValue, 0);

    internal static void Execute(string path, string name)
    {
        var arguments = stackalloc byte*[3];
        arguments[0] = (byte*)Marshal.StringToCoTaskMemUTF8(name);
        arguments[1] = (byte*)Marshal.StringToCoTaskMemUTF8("100000");
        arguments[2] = null;
        byte* nothing = null;
        execve(path, arguments, &nothing);
    }

    /// <summary>Begins once more as the same program, with one more word in its environment.</summary>
    internal static void ExecuteAgain(string name, string value, string[] arguments)
    {
        setenv(name, value, 1);
        var argv = stackalloc byte*[arguments.Length + 2];
        argv[0] = (byte*)Marshal.StringToCoTaskMemUTF8(Environment.ProcessPath);
        for (var i = 0; i < arguments.Length; i++)
        {
            argv[i + 1] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i]);
        }

        argv[arguments.Length + 1] = null;
        execv(argv[0], argv);
    }

    internal static void Sleep(int milliseconds)
    {
        poll(null, 0, milliseconds);
    }

    internal static void SleepForEver()
    {
        while (true)
        {
            pause();
        }
    }

    internal static void BecomeSubreaper() => prctl(36, 1, 0, 0, 0);

    internal static bool Exists(string path) => access(path, 0) == 0;

    [LibraryImport("libc"), SuppressGCTransition]
    internal static partial int fork();

    [LibraryImport("libc"), SuppressGCTransition]
    internal static partial int setsid();

    [LibraryImport("libc"), SuppressGCTransition]
    internal static partial int getpid();

    [LibraryImport("libc"), SuppressGCTransition]
    internal static partial void _exit(int code);

    [LibraryImport("libc"), SuppressGCTransition]
    internal static partial int close(int descriptor);

    [LibraryImport("libc")]
    internal static partial int raise(int signal);

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);

    [LibraryImport("libc")]
    private static partial int sigprocmask(int how, byte* set, byte* old);

    [LibraryImport("libc"), SuppressGCTransition]
    private static partial nint write(int descriptor, byte* data, nint count);

    [LibraryImport("libc")]
    private static partial nint read(int descriptor, byte* data, nint count);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint first, nint second, nint third);

    [LibraryImport("libc")]
    private static partial int execv(byte* path, byte** arguments);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execve(string path, byte** arguments, byte** environment);

    [LibraryImport("libc")]
    private static partial int poll(void* none, nint count, int milliseconds);

    [LibraryImport("libc")]
    private static partial int pause();

    [LibraryImport("libc")]
    private static partial int prctl(int option, nint second, nint third, nint fourth, nint fifth);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int mode);
}
