using System.Runtime.InteropServices;

namespace WorkerManagement.Posix;

/// <summary>Plain file descriptors: <c>open(2)</c>, <c>read(2)</c>, <c>write(2)</c>, <c>pipe2(2)</c>, <c>dup3(2)</c>, <c>fcntl(2)</c>, <c>flock(2)</c>.</summary>
public static unsafe partial class Descriptors
{
    /// <summary>O_RDONLY.</summary>
    public const int ReadOnly = 0;

    /// <summary>O_WRONLY.</summary>
    public const int WriteOnly = 1;

    /// <summary>O_RDWR.</summary>
    public const int ReadWrite = 2;

    /// <summary>O_CREAT.</summary>
    public const int Create = 0x40;

    /// <summary>O_APPEND.</summary>
    public const int Append = 0x400;

    /// <summary>O_NONBLOCK.</summary>
    public const int NonBlocking = 0x800;

    /// <summary>O_CLOEXEC.</summary>
    public const int CloseOnExec = 0x80000;

    /// <summary>Opens a path, close-on-exec; -1 with errno on failure.</summary>
    public static int TryOpen(string path, int flags, int mode = 0) => open(path, flags | CloseOnExec, mode);

    /// <summary>Opens a path, close-on-exec.</summary>
    public static int Open(string path, int flags, int mode = 0)
    {
        var descriptor = TryOpen(path, flags, mode);
        return descriptor >= 0 ? descriptor : throw PosixException.Last($"open '{path}'");
    }

    /// <summary>Opens a NUL-terminated path, close-on-exec; -1 on failure. Allocates nothing.</summary>
    public static int TryOpen(ReadOnlySpan<byte> pathZ, int flags)
    {
        fixed (byte* path = pathZ)
        {
            return open_bytes(path, flags | CloseOnExec, 0);
        }
    }

    /// <summary>Reads; -1 with errno on failure, 0 at the end.</summary>
    public static int Read(int descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            return (int)read(descriptor, start, buffer.Length);
        }
    }

    /// <summary>Reads at an offset, <c>pread(2)</c>; -1 with errno on failure.</summary>
    public static int ReadAt(int descriptor, Span<byte> buffer, long offset)
    {
        fixed (byte* start = buffer)
        {
            return (int)pread(descriptor, start, buffer.Length, offset);
        }
    }

    /// <summary>Writes; -1 with errno on failure.</summary>
    public static int Write(int descriptor, ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
        {
            return (int)write(descriptor, start, data.Length);
        }
    }

    /// <summary>Closes. The descriptor must not be used again, whatever the answer.</summary>
    public static void Close(int descriptor)
    {
        if (descriptor >= 0)
        {
            _ = close(descriptor);
        }
    }

    /// <summary>A pipe, both ends close-on-exec.</summary>
    public static (int Read, int Write) Pipe()
    {
        var ends = stackalloc int[2];
        return pipe2(ends, CloseOnExec) == 0 ? (ends[0], ends[1]) : throw PosixException.Last("make a pipe");
    }

    /// <summary>Makes <paramref name="target"/> a duplicate of <paramref name="source"/>.</summary>
    public static void Duplicate(int source, int target, bool closeOnExec)
    {
        if (dup3(source, target, closeOnExec ? CloseOnExec : 0) < 0)
        {
            throw PosixException.Last("duplicate a file descriptor");
        }
    }

    /// <summary>As <see cref="Duplicate"/>, close-on-exec, for a slot that only has to be occupied.</summary>
    public static void Reserve(int source, int slot)
    {
        if (source != slot)
        {
            Duplicate(source, slot, closeOnExec: true);
        }
    }

    /// <summary>A duplicate with the lowest free number, close-on-exec.</summary>
    public static int Copy(int descriptor)
    {
        const int duplicateCloseOnExec = 1030;
        var copy = fcntl(descriptor, duplicateCloseOnExec, 3);
        return copy >= 0 ? copy : throw PosixException.Last("duplicate a file descriptor");
    }

    /// <summary>A pipe as <see cref="Pipe"/>, whose read end returns EAGAIN rather than waits, in all its duplicates. Who writes waits.</summary>
    public static (int Read, int Write) PipeToPoll()
    {
        const int setFlags = 4;
        var pipe = Pipe();
        if (fcntl(pipe.Read, setFlags, NonBlocking) == 0)
        {
            return pipe;
        }

        var failure = PosixException.Last("make a pipe's read end non-blocking");
        Close(pipe.Read);
        Close(pipe.Write);
        throw failure;
    }

    /// <summary>Whether a descriptor is open and passes through exec, as one that came through exec does and none that the runtime opens.</summary>
    public static bool IsInherited(int descriptor)
    {
        const int getFlags = 1;
        return fcntl(descriptor, getFlags, 0) == 0;
    }

    /// <summary>Lets a descriptor pass through exec.</summary>
    public static void ClearCloseOnExec(int descriptor) => _ = fcntl(descriptor, 2, 0);

    /// <summary>Takes the whole-file lock of <c>flock(2)</c>, which ends when every duplicate of the descriptor is closed.</summary>
    /// <returns>False when <paramref name="wait"/> is false and somebody else has it.</returns>
    public static bool Lock(int descriptor, bool wait)
    {
        const int exclusive = 2, nonBlocking = 4;
        while (flock(descriptor, wait ? exclusive : exclusive | nonBlocking) != 0)
        {
            switch (Errno.Last)
            {
                case Errno.EINTR:
                    continue;
                case Errno.EAGAIN:
                    return false;
                default:
                    throw PosixException.Last("lock a file");
            }
        }

        return true;
    }

    /// <summary>Cuts or extends an open file to a length.</summary>
    public static void Truncate(int descriptor, long length)
    {
        if (ftruncate(descriptor, length) != 0)
        {
            throw PosixException.Last("truncate a file");
        }
    }

    /// <summary>Removes a name; false with errno on failure.</summary>
    public static bool TryUnlink(string path) => unlink(path) == 0;

    /// <summary>Makes a directory; false with errno on failure.</summary>
    public static bool TryMakeDirectory(string path, int mode) => mkdir(path, mode) == 0;

    /// <summary>Makes a directory by its NUL-terminated path; false with errno on failure. Allocates nothing.</summary>
    public static bool TryMakeDirectory(ReadOnlySpan<byte> pathZ, int mode)
    {
        fixed (byte* path = pathZ)
        {
            return mkdir_bytes(path, mode) == 0;
        }
    }

    /// <summary>Removes an empty directory; false with errno on failure.</summary>
    public static bool TryRemoveDirectory(string path) => rmdir(path) == 0;

    /// <summary>Removes an empty directory by its NUL-terminated path; false with errno on failure. Allocates nothing.</summary>
    public static bool TryRemoveDirectory(ReadOnlySpan<byte> pathZ)
    {
        fixed (byte* path = pathZ)
        {
            return rmdir_bytes(path) == 0;
        }
    }

    /// <summary>The errno of the last failed call on this thread.</summary>
    public static int LastError => Errno.Last;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true)]
    private static partial int mkdir_bytes(byte* path, int mode);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true)]
    private static partial int rmdir_bytes(byte* path);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    private static partial int open_bytes(byte* path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(int descriptor, byte* buffer, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int dup3(int source, int target, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int descriptor, int operation);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int descriptor, long length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlink(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rmdir(string path);
}
