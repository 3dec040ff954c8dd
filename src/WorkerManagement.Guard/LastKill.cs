using System.Diagnostics;
using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;

namespace WorkerManagement.Guard;

/// <summary>Ends every child, and every child that these leave behind, until <c>waitid</c> answers ECHILD.</summary>
internal static class LastKill
{
    /// <summary>Whether the kernel says that no child is left; ended ones are reaped on the way.</summary>
    internal static bool NothingLeft()
    {
        int pid;
        while ((pid = Children.PeekEnded()) > 0)
        {
            Children.TryReap(pid);
        }

        return pid < 0;
    }

    /// <summary>False when something outlived SIGKILL for longer than <paramref name="bound"/>.</summary>
    internal static bool Run(CgroupTree? cgroups, TimeSpan bound)
    {
        var began = Stopwatch.GetTimestamp();
        var children = new List<int>();
        var buffer = new byte[4096];
        using var epoll = new Epoll();
        var signals = Signals.OpenDescriptor(Signals.Child);
        epoll.Add(signals, EpollInterest.Read, 0);
        Span<EpollEvent> events = stackalloc EpollEvent[1];
        var clean = NothingLeft();
        while (!clean && Stopwatch.GetElapsedTime(began) < bound)
        {
            cgroups?.KillAll();
            children.Clear();
            _ = ProcChildren.Read(Environment.ProcessId, children, buffer);
            foreach (var child in children)
            {
                Signals.SendToUnreapedChild(child, Signals.Kill);
            }

            epoll.Wait(events, 20);
            while (Signals.ReadDescriptor(signals).Signal > 0)
            {
            }

            clean = NothingLeft();
        }

        Descriptors.Close(signals);
        cgroups?.RemoveAll();
        return clean;
    }
}
