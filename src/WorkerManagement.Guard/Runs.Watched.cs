using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;

namespace WorkerManagement.Guard;

/// <content>Registered processes: nobody's tag and not our children. What is below them is pinned while it can be found.</content>
internal sealed partial class Runs
{
    private void PinDescendants(Run run)
    {
        if (!run.IsWatched || run.LeaderGone)
        {
            return;
        }

        run.PinnedDescendants ??= [];
        foreach (var (pid, parent) in _members.All(run))
        {
            if (parent == 0 || run.PinnedDescendants.ContainsKey(pid) || PidFd.TryOpen(pid, out _) is not { } pin)
            {
                continue;
            }

            if (Room.IsLeftAfter(pin.Descriptor) && ProcStat.TryRead(pid) is { IsDead: false } stat && stat.ParentPid == parent)
            {
                run.PinnedDescendants.Add(pid, pin);
                _epoll.Add(pin.Descriptor, EpollInterest.Read, EmptiedKind | (ulong)run.Incarnation);
            }
            else
            {
                pin.Dispose();
            }
        }
    }

    private void ForgetEndedDescendants(Run run)
    {
        foreach (var (pid, pin) in run.PinnedDescendants?.ToArray() ?? [])
        {
            if (pin.HasEnded)
            {
                _epoll.Remove(pin.Descriptor);
                pin.Dispose();
                run.PinnedDescendants!.Remove(pid);
            }
        }
    }

    private void KillWatched(Run run)
    {
        PinDescendants(run);
        if (!run.LeaderGone && run.Pin!.Send(Signals.Kill))
        {
            run.Killed!.Add(run.Pid);
        }

        foreach (var (pid, pin) in run.PinnedDescendants ?? [])
        {
            if (!pin.HasEnded && pin.Send(Signals.Kill))
            {
                run.Killed!.Add(pid);
            }
        }
    }
}
