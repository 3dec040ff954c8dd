namespace WorkerManagement.Guarding;

/// <summary>Whether a guard that begins here could contain workers in cgroups. Found by doing, as the guard does: that the files are there says nothing.</summary>
internal static class CgroupProbe
{
    /// <summary>The directory below which it could; or null, and why not.</summary>
    public static (string? Below, string Why) Try()
    {
        try
        {
            return Mount() is not { } mount ? (null, "no cgroup v2 hierarchy is mounted") : (TryBelow(mount), "");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (null, exception.Message);
        }
    }

    private static string TryBelow(string mount)
    {
        var own = File.ReadLines("/proc/self/cgroup").FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..] ?? "/";
        var probe = $"{mount}{own}/workers-doctor-{Environment.ProcessId}".Replace("//", "/", StringComparison.Ordinal);
        Directory.CreateDirectory(probe);
        try
        {
            using var kill = new FileStream(Path.Combine(probe, "cgroup.kill"), FileMode.Open, FileAccess.Write);
            kill.Write("1"u8);
            return mount + own;
        }
        finally
        {
            Directory.Delete(probe);
        }
    }

    // /proc/self/mountinfo: "36 35 98:0 /root /mount options - cgroup2 source options".
    private static string? Mount() => File.ReadLines("/proc/self/mountinfo")
        .Where(line => line.Contains(" - cgroup2 ", StringComparison.Ordinal))
        .Select(line => line.Split(' ')[4])
        .FirstOrDefault();
}
