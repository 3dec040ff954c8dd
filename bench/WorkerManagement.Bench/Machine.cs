using System.Globalization;
using System.Runtime.CompilerServices;

namespace WorkerManagement.Bench;

/// <summary>Where it runs: what a reader needs to judge the figures.</summary>
internal static class Machine
{
    /// <summary>The C program, beside this one.</summary>
    internal static string Limit { get; } = Path.Combine(AppContext.BaseDirectory, "limit");

    /// <summary>Cores, memory, kernel, how the manager was compiled, user, and how busy the machine is with other things.</summary>
    internal static string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"{DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm} UTC, {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, Linux {Environment.OSVersion.Version}, .NET {Environment.Version} {(RuntimeFeature.IsDynamicCodeCompiled ? "compiled as it runs" : "native")}, {(Environment.IsPrivilegedProcess ? "root" : "ordinary user")}, load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}");
}
