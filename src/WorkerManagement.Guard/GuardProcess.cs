using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;

namespace WorkerManagement.Guard;

/// <summary>The guard's start: become what it must be, sweep, listen, tell the manager, loop.</summary>
internal static class GuardProcess
{
    internal static int Run(GuardArguments arguments)
    {
        Spawning.ReserveSlots();
        ProcessControl.SetName("workers-guard\0"u8);
        ProcessControl.BecomeSubreaper();
        var keeper = ProcessControl.ParentPid;
        using var keeperPin = PidFd.TryOpen(keeper);
        if (keeperPin is null || ProcessControl.ParentPid != keeper)
        {
            return 1;
        }

        var held = Descriptors.Open(Path.Combine(arguments.StateDirectory, "guard.lock"), Descriptors.ReadWrite | Descriptors.Create, 0x180);
        Descriptors.Lock(held, wait: true);
        var workerFiles = ResourceLimits.Get(ResourceLimits.OpenFiles);
        _ = ResourceLimits.TrySet(ResourceLimits.OpenFiles, workerFiles with { Soft = workerFiles.Hard });
        Room.Learn(ResourceLimits.Get(ResourceLimits.OpenFiles));

        var containment = Choose(arguments, out var cgroups, out var tag, out var note);
        var sweep = new Sweep(arguments, keeper, cgroups);
        if (!sweep.Run())
        {
            note = (note is null ? "" : note + "; ") + "a process that an earlier guard left does not die";
        }

        using var managerPin = PidFd.TryOpen(new ProcessIdentity(arguments.ManagerPid, arguments.ManagerStartTime, BootId.Value));
        if (managerPin is null)
        {
            Output.Log($"manager {arguments.ManagerPid} is gone before the guard was ready");
            return 0;
        }

        var listener = UnixSockets.Listen(SocketPath(arguments.StateDirectory));
        var context = new GuardContext(arguments, containment, note, cgroups, tag, workerFiles, keeper, sweep.Ended);
        using var loop = new GuardLoop(context, listener, keeperPin, managerPin);
        Output.Write(1, "ready\n");
        SilenceOutput();
        var clean = loop.Run();
        _ = Descriptors.TryUnlink(SocketPath(arguments.StateDirectory));
        return clean ? 0 : 1;
    }

    // A deep state directory is longer than a socket path may be; through a descriptor of the directory it never is.
    private static string SocketPath(string stateDirectory)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(stateDirectory) + "/guard.sock".Length <= UnixSockets.MaximumPathBytes)
        {
            return stateDirectory + "/guard.sock";
        }

        var directory = Descriptors.Open(stateDirectory, Descriptors.ReadOnly);
        return $"/proc/self/fd/{directory}/guard.sock";
    }

    private static Containment Choose(GuardArguments arguments, out CgroupTree? cgroups, out ulong tag, out string? note)
    {
        note = null;
        cgroups = null;
        if (arguments.Strongest == Containment.Cgroup)
        {
            cgroups = CgroupTree.TryFind(arguments.StateDirectory, out note);
        }

        var inherited = ResourceLimits.Get(ResourceLimits.Locks).Hard;
        tag = arguments.Strongest == Containment.Descendants ? 0 : InstanceTag.Choose(InstanceTag.HashOf(arguments.StateDirectory), inherited) ?? 0;
        if (tag == 0 && arguments.Strongest != Containment.Descendants)
        {
            note = (note is null ? "" : note + "; ") + $"the inherited hard limit of RLIMIT_LOCKS ({inherited}) leaves no room for a process tag; raise it (ulimit -Hx unlimited)";
        }

        return cgroups is not null ? Containment.Cgroup : tag != 0 ? Containment.Tag : Containment.Descendants;
    }

    private static void SilenceOutput()
    {
        var nothing = Descriptors.Open("/dev/null", Descriptors.WriteOnly);
        Descriptors.Duplicate(nothing, 1, closeOnExec: false);
        Descriptors.Close(nothing);
    }
}
