using System.Runtime.InteropServices;

namespace WorkerManagement.Posix;

/// <summary>What a process may set on itself: <c>prctl(2)</c>, <c>setsid(2)</c>, <c>getppid(2)</c>, <c>execv(3)</c>.</summary>
public static unsafe partial class ProcessControl
{
    /// <summary>The parent's pid now.</summary>
    public static int ParentPid => getppid();

    /// <summary>The effective user.</summary>
    public static uint UserId => geteuid();

    /// <summary>Makes this process the parent of every descendant whose own parent dies (PR_SET_CHILD_SUBREAPER).</summary>
    public static void BecomeSubreaper()
    {
        if (prctl(36, 1, 0, 0, 0) != 0)
        {
            throw PosixException.Last("become a subreaper");
        }
    }

    /// <summary>The name that <c>ps</c> and <c>/proc/PID/comm</c> show, at most 15 bytes (PR_SET_NAME).</summary>
    public static void SetName(ReadOnlySpan<byte> nameZ)
    {
        fixed (byte* name = nameZ)
        {
            _ = prctl(15, (nint)name, 0, 0, 0);
        }
    }

    /// <summary>Leaves the terminal's session, so that its Ctrl-C and hang-up do not arrive here.</summary>
    public static void NewSession() => _ = setsid();

    /// <summary>Ends the process at once: <c>_exit(2)</c>.</summary>
    public static void ExitNow(int code) => _exit(code);

    /// <summary>Changes the working directory.</summary>
    public static void ChangeDirectory(string path) => _ = chdir(path);

    /// <summary>Whether the working directory is there still: somebody may have removed it under this process. <c>getcwd(3)</c>.</summary>
    public static bool HasDirectory
    {
        get
        {
            try
            {
                return Environment.CurrentDirectory.Length > 0;
            }
            catch (FileNotFoundException)
            {
                return false;
            }
        }
    }

    /// <summary>Replaces the program of this process; returns only on failure.</summary>
    public static void Execute(string path, IReadOnlyList<string> arguments)
    {
        var argv = (byte**)NativeMemory.AllocZeroed((nuint)(arguments.Count + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < arguments.Count; i++)
        {
            argv[i] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i]);
        }

        _ = execv(path, argv);
        throw PosixException.Last($"execute '{path}'");
    }

    /// <summary>
    /// Gives back the memory that this process keeps only for more of the same: a compacting collection, and <c>malloc_trim(3)</c>, since native
    /// libraries (SQLite) have heaps of their own. Takes some ten milliseconds, in which every thread waits.
    /// </summary>
    public static void GiveMemoryBack()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        try
        {
            _ = malloc_trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Only glibc has it.
        }
    }

    /// <summary>
    /// Sets a variable of this process's own environment: <c>setenv(3)</c>. Native libraries see it and .NET's <see cref="Environment"/>, a copy, does not.
    /// Not thread-safe: to be called before the library is loaded that is to see it.
    /// </summary>
    public static void SetNativeEnvironment(string name, string value)
    {
        if (setenv(name, value, 1) != 0)
        {
            throw PosixException.Last($"set the environment variable {name}");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nint second, nint third, nint fourth, nint fifth);

    [LibraryImport("libc")]
    private static partial void _exit(int code);

    [LibraryImport("libc")]
    private static partial int getppid();

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsid();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chdir(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execv(string path, byte** arguments);

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
