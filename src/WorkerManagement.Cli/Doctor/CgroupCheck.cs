using System.Text.Json;

namespace WorkerManagement.Cli.Doctor;

/// <summary>Whether the strongest containment can be had: asked of the manager that runs, else tried.</summary>
internal static class CgroupCheck
{
    private const string Name = "cgroup", Remedy = "systemd-run --user -p Delegate=yes --scope workers run (or Delegate=yes in its unit; in a container: a writable cgroup namespace)";

    public static Check Run(JsonDocument? status)
    {
        if (status is null)
        {
            return Try();
        }

        var manager = status.RootElement.GetProperty("manager");
        var used = manager.GetProperty("containment").GetString();
        return used == "cgroup" ? Check.Ok(Name, "in use")
            : Check.Warn(Name, $"the manager uses '{used}': {manager.GetProperty("containment_note").GetString() ?? "as it was told to"}; a worker that forks faster than a scan can only be reported", Remedy);
    }

    // By doing, as the guard does: that the files are there says nothing.
    private static Check Try()
    {
        if (Mount() is not { } mount)
        {
            return Weaker("no cgroup v2 hierarchy is mounted");
        }

        var own = File.ReadLines("/proc/self/cgroup").FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..] ?? "/";
        var probe = $"{mount}{own}/workers-doctor-{Environment.ProcessId}".Replace("//", "/", StringComparison.Ordinal);
        try
        {
            Directory.CreateDirectory(probe);
            try
            {
                using var kill = new FileStream(Path.Combine(probe, "cgroup.kill"), FileMode.Open, FileAccess.Write);
                kill.Write("1"u8);
                return Check.Ok(Name, $"can be used below '{mount}{own}'");
            }
            finally
            {
                Directory.Delete(probe);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Weaker(exception.Message);
        }
    }

    // /proc/self/mountinfo: "36 35 98:0 /root /mount options - cgroup2 source options".
    private static string? Mount() => File.ReadLines("/proc/self/mountinfo")
        .Where(line => line.Contains(" - cgroup2 ", StringComparison.Ordinal))
        .Select(line => line.Split(' ')[4])
        .FirstOrDefault();

    private static Check Weaker(string why) => Check.Warn(Name, $"{why}: workers are contained by their tag, and one that forks faster than a scan can only be reported", Remedy);
}
