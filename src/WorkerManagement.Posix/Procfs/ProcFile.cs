using System.Buffers.Text;

namespace WorkerManagement.Posix.Procfs;

/// <summary>Reads small files of <c>/proc</c> into a caller's buffer, without allocating.</summary>
public static class ProcFile
{
    /// <summary>Reads <c>/proc/PID/NAME</c>; empty when the process is gone or may not be looked at.</summary>
    public static ReadOnlySpan<byte> Read(int pid, scoped ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        Span<byte> path = stackalloc byte[64];
        "/proc/"u8.CopyTo(path);
        var length = 6;
        _ = Utf8Formatter.TryFormat(pid, path[length..], out var digits);
        length += digits;
        path[length++] = (byte)'/';
        name.CopyTo(path[length..]);
        path[length + name.Length] = 0;
        return Read(path, buffer);
    }

    /// <summary>Reads a file by its NUL-terminated path; empty on failure. With one read: the kernel makes such a file as one record, whole if the buffer holds it.</summary>
    public static ReadOnlySpan<byte> Read(scoped ReadOnlySpan<byte> pathZ, Span<byte> buffer)
    {
        var descriptor = Descriptors.TryOpen(pathZ, Descriptors.ReadOnly);
        if (descriptor < 0)
        {
            return [];
        }

        var count = Descriptors.Read(descriptor, buffer);
        Descriptors.Close(descriptor);
        return buffer[..Math.Max(count, 0)];
    }

    /// <summary>The rest of the line that begins with a label; empty when there is none.</summary>
    internal static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> text, ReadOnlySpan<byte> label)
    {
        var start = text.IndexOf(label);
        if (start < 0)
        {
            return [];
        }

        var line = text[(start + label.Length)..];
        var end = line.IndexOf((byte)'\n');
        return (end < 0 ? line : line[..end]).Trim(" \t"u8);
    }
}
