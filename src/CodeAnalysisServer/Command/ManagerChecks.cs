using System.Runtime.InteropServices;
using System.Text.Json;
using WorkerManagement.Guarding;

namespace CodeAnalysisServer.Command;

/// <summary>The guard, the containment, and what an earlier server left: of the running manager, else what it would find.</summary>
internal static class ManagerChecks
{
    private const string Hierarchy = "/sys/fs/cgroup";

    public static IEnumerable<Check> All(string data, JsonElement? manager) => manager is { } running
        ? [Guard(running.GetProperty("guard_kind").GetString()), Running(running)]
        : [Guard(Built()), Expected(), Leftovers(Path.Combine(data, "workers"))];

    private static Check Leftovers(string state)
    {
        var left = GuardSweep.Find(state);
        return left.Count == 0 ? Check.Ok("leftovers", "none")
            : Check.Warn("leftovers", $"no server runs, but processes of an earlier one do: {string.Join(", ", left.Select(process => $"{process.Pid} ({process.Name})"))}", $"workers reap --state-dir '{state}' (the next start of the server does it too)");
    }

    private static Check Guard(string? kind) => kind switch
    {
        null => Check.Fail("guard", "none", "build or install again: the guard belongs beside this program, in guard/"),
        "native" => Check.Ok("guard", kind),
        _ => Check.Warn("guard", $"{kind}: it works, with more memory", "build where gcc or clang is installed"),
    };

    private static string? Built()
    {
        var guard = GuardLauncher.Beside(AppContext.BaseDirectory, RuntimeInformation.ProcessArchitecture);
        return !File.Exists(guard) ? null : File.Exists(guard + ".dll") ? "framework-dependent" : "native";
    }

    private static Check Running(JsonElement manager) => manager.GetProperty("containment_note").GetString() is { } note
        ? Check.Warn("containment", $"{manager.GetProperty("containment").GetString()}: {note}", "run the server in a cgroup of its own: systemd-run --user -p Delegate=yes …")
        : Check.Ok("containment", manager.GetProperty("containment").GetString()!);

    private static Check Expected()
    {
        if (!File.Exists(Path.Combine(Hierarchy, "cgroup.controllers")))
        {
            return Check.Warn("containment", "no cgroup v2 is mounted; processes are found by their tag instead", $"mount -t cgroup2 none {Hierarchy}");
        }

        var own = File.ReadLines("/proc/self/cgroup").FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..].TrimStart('/') ?? "";
        try
        {
            using var open = new FileStream(Path.Combine(Hierarchy, own, "cgroup.procs"), FileMode.Open, FileAccess.Write);
            return Check.Ok("containment", $"cgroup '/{own}' is writable");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Check.Warn("containment", $"the cgroup '/{own}' cannot be written; processes are found by their tag instead", "run the server in a cgroup of its own: systemd-run --user -p Delegate=yes …");
        }
    }
}
