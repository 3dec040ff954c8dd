using System.Buffers.Text;

namespace WorkerManagement.Posix.Procfs;

/// <summary>What <c>/proc/PID/stat</c> says: <c>proc_pid_stat(5)</c>.</summary>
/// <param name="State">R, S, D, T, t, Z, X, I.</param>
/// <param name="ParentPid">Its parent now.</param>
/// <param name="StartTime">Clock ticks after boot.</param>
public readonly record struct ProcStat(char State, int ParentPid, ulong StartTime)
{
    /// <summary>A zombie or a process that is just going: it has run its last instruction, but keeps its number and its limits.</summary>
    public bool IsDead => State is 'Z' or 'X' or 'x';

    /// <summary>Null when there is no such process.</summary>
    public static ProcStat? TryRead(int pid)
    {
        Span<byte> buffer = stackalloc byte[1024];
        var text = ProcFile.Read(pid, "stat"u8, buffer);
        var close = text.LastIndexOf((byte)')');
        if (close < 0 || close + 2 >= text.Length)
        {
            return null;
        }

        var rest = text[(close + 2)..];
        var state = (char)rest[0];
        var parent = 0UL;
        var start = 0UL;
        for (var field = 3; field <= 22 && !rest.IsEmpty; field++)
        {
            var space = rest.IndexOf((byte)' ');
            var word = space < 0 ? rest : rest[..space];
            if (field == 4)
            {
                _ = Utf8Parser.TryParse(word, out parent, out _);
            }
            else if (field == 22)
            {
                _ = Utf8Parser.TryParse(word, out start, out _);
            }

            rest = space < 0 ? [] : rest[(space + 1)..];
        }

        return new(state, (int)parent, start);
    }

    /// <summary>The identity of a process; null when there is none.</summary>
    public static ProcessIdentity? TryIdentify(int pid) => TryRead(pid) is { } stat ? new ProcessIdentity(pid, stat.StartTime, BootId.Value) : null;
}
