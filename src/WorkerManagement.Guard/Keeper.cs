using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using WorkerManagement.Posix;

namespace WorkerManagement.Guard;

/// <summary>
/// The guard's parent and subreaper. It does nothing but wait; when the guard is gone without having finished, it has become
/// the parent of everything the guard had, ends it all, and leaves when the kernel says that no child is left.
/// </summary>
internal static class Keeper
{
    private const ulong SignalKey = 1, LifelineKey = 2;

    internal static int Run(GuardArguments arguments)
    {
        Spawning.ReserveSlots();
        ProcessControl.NewSession();
        ProcessControl.SetName("workers-keeper\0"u8);
        Output.SendErrorsToLog(arguments.StateDirectory);
        ProcessControl.BecomeSubreaper();
        ProcessControl.ChangeDirectory("/");

        // One pair a state directory: an earlier pair that still runs its ladders is waited for.
        var held = Descriptors.Open(Path.Combine(arguments.StateDirectory, "keeper.lock"), Descriptors.ReadWrite | Descriptors.Create, 0x180);
        Descriptors.Lock(held, wait: true);

        var guard = SpawnGuard(arguments with { Role = "guard" });
        SilenceOutput();

        using var epoll = new Epoll();
        var signals = Signals.OpenDescriptor(Signals.Child, Signals.Terminate, Signals.Interrupt, Signals.Hangup, Signals.Quit);
        epoll.Add(signals, EpollInterest.Read, SignalKey);
        epoll.Add(0, EpollInterest.None, LifelineKey);
        Span<EpollEvent> events = stackalloc EpollEvent[8];
        if (!RuntimeFeature.IsDynamicCodeCompiled)
        {
            // It only waits from here on, and most of what it holds is the code of its start.
            ResidentCode.Release();
        }

        while (true)
        {
            var count = epoll.Wait(events, -1);
            for (var i = 0; i < count; i++)
            {
                if (events[i].Key == LifelineKey)
                {
                    // The guard acts on the lifeline itself; a stopped guard cannot.
                    epoll.Remove(0);
                    Signals.SendToUnreapedChild(guard, Signals.Continue);
                }
                else
                {
                    Forward(signals, guard);
                }
            }

            if (ReapUntilGuard(guard) is { } exit)
            {
                return exit.Status is ExitStatus.Exited { Code: var code } && LastKill.NothingLeft() ? code : Clean(arguments, exit.Status);
            }
        }
    }

    private static int Clean(GuardArguments arguments, ExitStatus status)
    {
        Output.Log($"the guard is gone ({status}): ending what it had");
        var hierarchy = CgroupTree.TryFind(arguments.StateDirectory, out _);
        return LastKill.Run(hierarchy, TimeSpan.FromSeconds(5)) ? 0 : 1;
    }

    private static void Forward(int signals, int guard)
    {
        while (Signals.ReadDescriptor(signals) is { Signal: > 0 } next)
        {
            if (next.Signal != Signals.Child)
            {
                Signals.SendToUnreapedChild(guard, next.Signal);
            }
        }
    }

    private static ChildExit? ReapUntilGuard(int guard)
    {
        for (var pid = Children.PeekEnded(); pid > 0; pid = Children.PeekEnded())
        {
            var exit = Children.TryReap(pid);
            if (pid == guard)
            {
                return exit;
            }
        }

        return null;
    }

    private static unsafe int SpawnGuard(GuardArguments arguments)
    {
        Descriptors.Duplicate(1, Spawning.OutputSlot, closeOnExec: true);
        Descriptors.Duplicate(2, Spawning.ErrorSlot, closeOnExec: true);
        Descriptors.Duplicate(0, Spawning.InputSlot, closeOnExec: true);
        var list = arguments.ToList(Output.OwnProgram);
        var argv = (byte**)NativeMemory.AllocZeroed((nuint)(list.Count + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < list.Count; i++)
        {
            argv[i] = (byte*)Marshal.StringToCoTaskMemUTF8(list[i]);
        }

        var environment = Environment.GetEnvironmentVariables();
        var envp = (byte**)NativeMemory.AllocZeroed((nuint)(environment.Count + 1), (nuint)sizeof(byte*));
        var next = 0;
        foreach (System.Collections.DictionaryEntry entry in environment)
        {
            envp[next++] = (byte*)Marshal.StringToCoTaskMemUTF8($"{entry.Key}={entry.Value}");
        }

        fixed (byte* root = "/\0"u8)
        {
            SpawnBlock block = new()
            {
                Arguments = argv,
                Environment = envp,
                Directory = root,
                Tag = new(ResourceLimit.Infinity, ResourceLimit.Infinity),
                OpenFiles = ResourceLimits.Get(ResourceLimits.OpenFiles),
                InheritMask = 1,
            };
            var pid = Spawning.Spawn(&block);
            return pid > 0 ? pid : throw new PosixException(block.FailedErrno, $"start the guard '{Output.OwnProgram}'");
        }
    }

    // The manager reads standard output until the guard is ready: this copy must not keep it open.
    private static void SilenceOutput()
    {
        var nothing = Descriptors.Open("/dev/null", Descriptors.WriteOnly);
        Descriptors.Duplicate(nothing, 1, closeOnExec: false);
        Descriptors.Close(nothing);
        Descriptors.Close(Spawning.OutputSlot);
        Descriptors.Close(Spawning.ErrorSlot);
        Descriptors.Close(Spawning.InputSlot);
        Descriptors.Close(Spawning.CgroupSlot);
    }
}
