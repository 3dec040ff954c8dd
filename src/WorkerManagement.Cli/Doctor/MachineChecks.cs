using System.Globalization;
using WorkerManagement.Guarding;
using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;

namespace WorkerManagement.Cli.Doctor;

/// <summary>What the kernel and this user's limits allow.</summary>
internal static class MachineChecks
{
    // The manager's own, and two for each worker (TooFewFiles).
    private const ulong Own = 190, Least = 512, Few = 4096;

    private const long FewInstances = 128, FewWatches = 8192;

    public static IEnumerable<Check> All(string state) =>
    [
        OpenFiles(ResourceLimits.Get(ResourceLimits.OpenFiles).Hard),
        Inotify("inotify users", "max_user_instances", FewInstances, 1024),
        Inotify("inotify watches", "max_user_watches", FewWatches, 524_288),
        Proc(),
        PidFds(),
        Subreaper(),
        Tag(InstanceTag.HashOf(state), ResourceLimits.Get(ResourceLimits.Locks).Hard),
        Guard(),
    ];

    /// <summary>What so many open files allow.</summary>
    internal static Check OpenFiles(ulong hard) =>
        hard < Least ? Check.Fail("open files", string.Create(CultureInfo.InvariantCulture, $"a process may have only {hard} open, and the manager needs {Least}"), $"ulimit -Hn {Few} (or prlimit --nofile, or LimitNOFILE= of its unit)")
        : hard < Few ? Check.Warn("open files", string.Create(CultureInfo.InvariantCulture, $"{hard}, enough for about {(hard - Own) / 2} workers"), $"ulimit -Hn {Few * 4} (or prlimit --nofile, or LimitNOFILE= of its unit)")
        : Check.Ok("open files", hard == ResourceLimit.Infinity ? "without limit" : string.Create(CultureInfo.InvariantCulture, $"{hard}, enough for about {(hard - Own) / 2} workers"));

    /// <summary>Whether workers can be marked below this inherited limit.</summary>
    internal static Check Tag(ulong hash, ulong inherited) => InstanceTag.Choose(hash, inherited) is not null
        ? Check.Ok("tags", InstanceTag.IsTag(inherited) ? "workers can be marked, inside another manager's worker" : "workers can be marked")
        : Check.Warn("tags", string.Create(CultureInfo.InvariantCulture, $"the hard limit of file locks is {inherited}, too low for a mark: escapees of a killed manager cannot be found"), "ulimit -Hx unlimited as root before (or LimitLOCKS=infinity of its unit)");

    private static Check Inotify(string name, string file, long few, long better)
    {
        var path = $"/proc/sys/fs/inotify/{file}";
        return !File.Exists(path) || !long.TryParse(File.ReadAllText(path).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            ? Check.Warn(name, $"'{path}' cannot be read: workers that watch files will scan", "mount -t proc proc /proc")
            : limit >= few ? Check.Ok(name, limit.ToString(CultureInfo.InvariantCulture))
            : Check.Warn(name, string.Create(CultureInfo.InvariantCulture, $"{limit}: few for workers that watch files"), $"sysctl -w fs.inotify.{file}={better}");
    }

    private static Check Proc() => ProcStat.TryRead(Environment.ProcessId) is not null
        ? Check.Ok("/proc", "mounted")
        : Check.Fail("/proc", "cannot be read: processes cannot be identified", "mount -t proc proc /proc");

    private static Check PidFds()
    {
        using var own = PidFd.TryOpen(Environment.ProcessId, out var error);
        return own is not null ? Check.Ok("pidfd", "processes can be pinned") : Check.Fail("pidfd", $"processes cannot be pinned ({Errno.Describe(error)})", "Linux 5.3 or later, and a seccomp profile that lets pidfd_open through (docker run --security-opt seccomp=unconfined shows whether it is that)");
    }

    private static Check Subreaper()
    {
        try
        {
            ProcessControl.BecomeSubreaper();
            return Check.Ok("subreaper", "orphans can be adopted");
        }
        catch (PosixException exception)
        {
            return Check.Fail("subreaper", exception.Message, "Linux 3.4 or later, and a seccomp profile that lets prctl(PR_SET_CHILD_SUBREAPER) through");
        }
    }

    private static Check Guard()
    {
        try
        {
            var path = GuardLauncher.Find(new());
            return !File.Exists(path + ".dll") ? Check.Ok("guard", $"native, '{path}'")
                : Check.Warn("guard", $"'{path}' is framework-dependent: it starts in 31 ms and takes 22 MB, a native one 3 ms and 3 MB; linker here: {Linker() ?? "none"}", "apt-get install clang zlib1g-dev, then dotnet build -c Release -p:GuardKind=native");
        }
        catch (WorkerManagementException exception)
        {
            return Check.Fail("guard", exception.Message, "install the tool again (dotnet tool install --global workers), or name a guard in WORKERS_GUARD");
        }
    }

    private static string? Linker() => Array.Find(["/usr/bin/clang", "/usr/bin/gcc"], File.Exists);
}
