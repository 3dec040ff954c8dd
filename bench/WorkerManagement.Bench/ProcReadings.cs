using System.Globalization;

namespace WorkerManagement.Bench;

/// <summary>What <c>/proc</c> says of processes.</summary>
internal static class ProcReadings
{
    /// <summary>Whether a process has a handler for SIGTERM or ignores it. A process that is gone counts as ready: it will be missed elsewhere.</summary>
    internal static bool HandlesTerminate(int pid)
    {
        const ulong terminate = 1UL << 14;
        var mask = 0UL;
        foreach (var line in Lines($"/proc/{pid}/status"))
        {
            if (line.StartsWith("SigIgn:", StringComparison.Ordinal) || line.StartsWith("SigCgt:", StringComparison.Ordinal))
            {
                mask |= ulong.Parse(line.AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
        }

        return (mask & terminate) != 0 || !Directory.Exists($"/proc/{pid}");
    }

    /// <summary>Resident memory (VmRSS) in bytes.</summary>
    internal static long ResidentBytes(int pid) => Number($"/proc/{pid}/status", "VmRSS:") * 1024;

    /// <summary>Proportional set size in bytes: what is shared is divided by its sharers.</summary>
    internal static long ProportionalBytes(int pid) => Number($"/proc/{pid}/smaps_rollup", "Pss:") * 1024;

    /// <summary>Context switches, voluntary and involuntary, of every thread, by thread.</summary>
    internal static Dictionary<string, long> Switches(int pid)
    {
        var threads = new Dictionary<string, long>();
        foreach (var directory in Directory.EnumerateDirectories($"/proc/{pid}/task"))
        {
            var file = directory + "/status";
            var name = Lines(file).FirstOrDefault(line => line.StartsWith("Name:", StringComparison.Ordinal))?[5..].Trim() ?? "";
            threads[$"{name} {Path.GetFileName(directory)}"] = Number(file, "voluntary_ctxt_switches:") + Number(file, "nonvoluntary_ctxt_switches:");
        }

        return threads;
    }

    /// <summary>Processor time of a process, its threads that ended included; not that of its children. The kernel tells it in hundredths.</summary>
    internal static TimeSpan ProcessorTime(int pid)
    {
        const int user = 11, ticksASecond = 100;
        return Stat(pid) is not { Length: > user } fields ? TimeSpan.Zero : TimeSpan.FromSeconds((double)(long.Parse(fields[user], CultureInfo.InvariantCulture) + long.Parse(fields[user + 1], CultureInfo.InvariantCulture)) / ticksASecond);
    }

    /// <summary>How many processes wanted a core, on average over the last minute.</summary>
    internal static double Load() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>Its parent; 0 when it is gone.</summary>
    internal static int Parent(int pid) => Stat(pid) is { Length: > 1 } fields ? int.Parse(fields[1], CultureInfo.InvariantCulture) : 0;

    /// <summary>Its command line, word by word.</summary>
    internal static string[] CommandLine(int pid) => string.Concat(Lines($"/proc/{pid}/cmdline")).Split('\0', StringSplitOptions.RemoveEmptyEntries);

    // The fields after the name in parentheses, which may hold anything.
    private static string[] Stat(int pid) => Lines($"/proc/{pid}/stat").FirstOrDefault("") is { Length: > 0 } text ? text[(text.LastIndexOf(')') + 2)..].Split(' ') : [];

    private static long Number(string file, string label)
    {
        var line = Lines(file).FirstOrDefault(line => line.StartsWith(label, StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.AsSpan(label.Length).Trim(" \tkB"), CultureInfo.InvariantCulture);
    }

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (IOException)
        {
            // The process or thread ended meanwhile.
            return [];
        }
    }
}
