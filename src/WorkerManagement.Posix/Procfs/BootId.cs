using System.Buffers.Text;

namespace WorkerManagement.Posix.Procfs;

/// <summary>Which boot this is: <c>/proc/sys/kernel/random/boot_id</c>, read once.</summary>
public static class BootId
{
    /// <summary>The id; empty where it cannot be read.</summary>
    public static Guid Value { get; } = Load();

    private static Guid Load()
    {
        Span<byte> buffer = stackalloc byte[64];
        var text = ProcFile.Read("/proc/sys/kernel/random/boot_id\0"u8, buffer);
        return Utf8Parser.TryParse(text, out Guid id, out _) ? id : Guid.Empty;
    }
}
