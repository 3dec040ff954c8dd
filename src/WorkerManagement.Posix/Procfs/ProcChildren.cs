using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace WorkerManagement.Posix.Procfs;

/// <summary>
/// The children of a process: <c>/proc/PID/task/*/children</c> (zombies are not filtered out). Adopted orphans may hang on
/// any thread, so every thread is read.
/// </summary>
public static unsafe partial class ProcChildren
{
    /// <summary>Adds the pids of all children to a list.</summary>
    /// <returns>False when not every thread could be read (no descriptor left, or the process is gone): the list may be short.</returns>
    public static bool Read(int pid, List<int> children, byte[] buffer)
    {
        var whole = true;
        return ForEachNumber($"/proc/{pid}/task", thread => whole &= ReadThread(pid, thread, children, buffer)) && whole;
    }

    /// <summary>Calls back with each numeric name in a directory of <c>/proc</c>; false when it cannot be opened.</summary>
    public static bool ForEachNumber(string directory, Action<int> found)
    {
        var stream = opendir(directory);
        if (stream == 0)
        {
            return false;
        }

        // struct dirent (glibc, 64-bit): d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name.
        const int nameOffset = 19;
        for (var entry = readdir(stream); entry is not null; entry = readdir(stream))
        {
            var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + nameOffset);
            if (Utf8Parser.TryParse(name, out int number, out var consumed) && consumed == name.Length)
            {
                found(number);
            }
        }

        _ = closedir(stream);
        return true;
    }

    private static bool ReadThread(int pid, int thread, List<int> children, byte[] buffer)
    {
        Span<byte> path = stackalloc byte[64];
        if (!System.Text.Unicode.Utf8.TryWrite(path[..63], $"/proc/{pid}/task/{thread}/children", out var length))
        {
            return false;
        }

        path[length] = 0;
        var descriptor = Descriptors.TryOpen(path, Descriptors.ReadOnly);
        if (descriptor < 0)
        {
            // A thread that ended meanwhile has no children any more: they moved to another one.
            return Descriptors.LastError is Errno.ENOENT or Errno.ESRCH;
        }

        var number = 0;
        int count;
        while ((count = Descriptors.Read(descriptor, buffer)) > 0)
        {
            foreach (var character in buffer.AsSpan(0, count))
            {
                if (character is >= (byte)'0' and <= (byte)'9')
                {
                    number = number * 10 + (character - '0');
                }
                else if (number != 0)
                {
                    children.Add(number);
                    number = 0;
                }
            }
        }

        Descriptors.Close(descriptor);
        if (number != 0)
        {
            children.Add(number);
        }

        return count == 0;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint opendir(string path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial byte* readdir(nint stream);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int closedir(nint stream);
}
