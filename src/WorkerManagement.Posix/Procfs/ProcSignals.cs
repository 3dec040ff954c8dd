using System.Buffers.Text;

namespace WorkerManagement.Posix.Procfs;

/// <summary>How a process treats signals: SigBlk, SigIgn and SigCgt of <c>/proc/PID/status</c>, a bit a signal, and its state.</summary>
public readonly record struct ProcSignals(char State, ulong Blocked, ulong Ignored, ulong Caught)
{
    /// <summary>Null when the process is gone or hidden.</summary>
    public static ProcSignals? TryRead(int pid)
    {
        Span<byte> buffer = stackalloc byte[4096];
        var text = ProcFile.Read(pid, "status"u8, buffer);
        var state = ProcFile.Line(text, "State:"u8);
        return state.IsEmpty ? null : new((char)state[0], Mask(text, "SigBlk:"u8), Mask(text, "SigIgn:"u8), Mask(text, "SigCgt:"u8));
    }

    /// <summary>Whether a mask holds a signal.</summary>
    public static bool Has(ulong mask, int signal) => signal is > 0 and <= 64 && (mask >> (signal - 1) & 1) != 0;

    private static ulong Mask(ReadOnlySpan<byte> text, ReadOnlySpan<byte> label) =>
        Utf8Parser.TryParse(ProcFile.Line(text, label), out ulong mask, out _, 'x') ? mask : 0;
}
