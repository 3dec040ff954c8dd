using System.Text.Json;
using WorkerManagement.Guarding;

namespace WorkerManagement.Cli.Doctor;

/// <summary>Whether the strongest containment can be had: asked of the manager that runs, else tried.</summary>
internal static class CgroupCheck
{
    private const string Name = "cgroup", Remedy = "systemd-run --user -p Delegate=yes --scope workers run (or Delegate=yes in its unit; in a container: a writable cgroup namespace)";

    public static Check Run(JsonDocument? status)
    {
        if (status is null)
        {
            var (below, why) = CgroupProbe.Try();
            return below is not null ? Check.Ok(Name, $"can be used below '{below}'")
                : Check.Warn(Name, $"{why}: workers are contained by their tag, and one that forks faster than a scan can only be reported", Remedy);
        }

        var manager = status.RootElement.GetProperty("manager");
        var used = manager.GetProperty("containment").GetString();
        return used == "cgroup" ? Check.Ok(Name, "in use")
            : Check.Warn(Name, $"the manager uses '{used}': {manager.GetProperty("containment_note").GetString() ?? "as it was told to"}; a worker that forks faster than a scan can only be reported", Remedy);
    }
}
