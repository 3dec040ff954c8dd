using System.Buffers.Text;

namespace WorkerManagement.Posix.Procfs;

/// <summary>What a process has used, from <c>/proc/PID/stat</c>: <c>proc_pid_stat(5)</c>.</summary>
/// <param name="Cpu">User and system time, with that of its children that it has waited for. In steps of 10 ms.</param>
/// <param name="ResidentBytes">Resident memory; pages that are shared with others count in full.</param>
public readonly record struct ProcUsage(TimeSpan Cpu, long ResidentBytes)
{
    // USER_HZ, which Linux shows to every program.
    private const int TicksPerSecond = 100;

    /// <summary>Null when there is no such process.</summary>
    public static ProcUsage? TryRead(int pid)
    {
        Span<byte> buffer = stackalloc byte[1024];
        var text = ProcFile.Read(pid, "stat"u8, buffer);
        var close = text.LastIndexOf((byte)')');
        if (close < 0 || close + 2 >= text.Length)
        {
            return null;
        }

        var rest = text[(close + 2)..];
        var (ticks, pages) = (0L, 0L);
        for (var field = 3; field <= 24 && !rest.IsEmpty; field++)
        {
            var space = rest.IndexOf((byte)' ');
            if (field is >= 14 and <= 17 or 24 && Utf8Parser.TryParse(space < 0 ? rest : rest[..space], out long value, out _))
            {
                (ticks, pages) = field == 24 ? (ticks, value) : (ticks + value, pages);
            }

            rest = space < 0 ? [] : rest[(space + 1)..];
        }

        return new(TimeSpan.FromTicks(ticks * (TimeSpan.TicksPerSecond / TicksPerSecond)), pages * Environment.SystemPageSize);
    }
}
