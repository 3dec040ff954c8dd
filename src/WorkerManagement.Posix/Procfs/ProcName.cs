using System.Text;

namespace WorkerManagement.Posix.Procfs;

/// <summary>The name of a process, for people only: nothing is ever matched by it.</summary>
public static class ProcName
{
    /// <summary><c>/proc/PID/comm</c>; <c>?</c> when the process is gone.</summary>
    public static string Read(int pid)
    {
        Span<byte> buffer = stackalloc byte[64];
        var text = ProcFile.Read(pid, "comm"u8, buffer);
        return text.IsEmpty ? "?" : Encoding.UTF8.GetString(text.TrimEnd((byte)'\n'));
    }
}
