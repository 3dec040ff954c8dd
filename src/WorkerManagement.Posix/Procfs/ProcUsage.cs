using System.Buffers.Text;

namespace WorkerManagement.Posix.Procfs;

/// <summary>What a process uses, from <c>/proc/PID/stat</c> (<c>proc_pid_stat(5)</c>).</summary>
/// <param name="ParentPid">Its parent now.</param>
/// <param name="CpuTime">User and system time of its own.</param>
/// <param name="ChildrenCpuTime">The same of the children that it waited for, and of theirs.</param>
/// <param name="ResidentBytes">Resident memory in bytes; pages shared with others count in each.</param>
public readonly record struct ProcUsage(int ParentPid, TimeSpan CpuTime, TimeSpan ChildrenCpuTime, long ResidentBytes)
{
    /// <summary>USER_HZ: the kernel counts in this unit towards programs, on every architecture that .NET runs on.</summary>
    private const int TicksPerSecond = 100;

    /// <summary>Null when there is no such process, or only what is left of one that ended.</summary>
    public static ProcUsage? TryRead(int pid)
    {
        Span<byte> buffer = stackalloc byte[1024];
        var text = ProcFile.Read(pid, "stat"u8, buffer);
        // The name stands in brackets and may hold anything, brackets too.
        var close = text.LastIndexOf((byte)')');
        if (close < 0 || close + 2 >= text.Length || text[close + 2] is (byte)'Z' or (byte)'X' or (byte)'x')
        {
            return null;
        }

        var rest = text[(close + 2)..];
        Span<long> fields = stackalloc long[25];
        for (var field = 3; field < fields.Length && !rest.IsEmpty; field++)
        {
            _ = Utf8Parser.TryParse(rest, out fields[field], out _);
            var space = rest.IndexOf((byte)' ');
            rest = space < 0 ? [] : rest[(space + 1)..];
        }

        return new((int)fields[4], Time(fields[14] + fields[15]), Time(fields[16] + fields[17]), fields[24] * Environment.SystemPageSize);
    }

    private static TimeSpan Time(long ticks) => TimeSpan.FromTicks(ticks * (TimeSpan.TicksPerSecond / TicksPerSecond));
}
