using System.Runtime.InteropServices;
using System.Text.Json;
using WorkerManagement.Guarding;

namespace CodeAnalysisServer.Command;

/// <summary>The guard, the containment, and what an earlier server left: of the running manager, else what it would find.</summary>
internal static class ManagerChecks
{
    private const string OwnCgroup = "run the server in a cgroup of its own: systemd-run --user -p Delegate=yes …";

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
        ? Check.Warn("containment", $"{manager.GetProperty("containment").GetString()}: {note}", OwnCgroup)
        : Check.Ok("containment", manager.GetProperty("containment").GetString()!);

    private static Check Expected()
    {
        var (below, why) = CgroupProbe.Try();
        return below is not null ? Check.Ok("containment", $"a cgroup can be used below '{below}'")
            : Check.Warn("containment", $"{why}; processes are found by their tag instead", OwnCgroup);
    }
}
