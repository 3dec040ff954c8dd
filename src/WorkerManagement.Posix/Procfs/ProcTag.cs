using System.Buffers.Text;

namespace WorkerManagement.Posix.Procfs;

/// <summary>The process tag in <c>/proc/PID/limits</c>, line "Max file locks": soft is the run, hard is the instance.</summary>
public static class ProcTag
{
    /// <summary>Null when the process is gone or hidden. Zombies keep their limits: look at <see cref="ProcStat.IsDead"/> first.</summary>
    public static ResourceLimit? TryRead(int pid)
    {
        Span<byte> buffer = stackalloc byte[2048];
        var line = ProcFile.Line(ProcFile.Read(pid, "limits"u8, buffer), "Max file locks"u8);
        if (line.IsEmpty)
        {
            return null;
        }

        var soft = Number(line, out var consumed);
        var hard = Number(line[consumed..].TrimStart((byte)' '), out _);
        return new(soft, hard);
    }

    private static ulong Number(ReadOnlySpan<byte> text, out int consumed)
    {
        if (Utf8Parser.TryParse(text, out ulong value, out consumed))
        {
            return value;
        }

        consumed = "unlimited".Length;
        return ResourceLimit.Infinity;
    }
}
