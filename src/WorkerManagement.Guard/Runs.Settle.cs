using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;

namespace WorkerManagement.Guard;

/// <content>Deaths, and when a run is over.</content>
internal sealed partial class Runs
{
    private const int MaximumLooks = 6;

    private long _lookAgainAt = long.MaxValue;

    /// <summary>Reaps every child that ended.</summary>
    internal void Reap()
    {
        for (var pid = Children.PeekEnded(); pid > 0; pid = Children.PeekEnded())
        {
            _changed = true;
            if (!_leaders.TryGetValue(pid, out var run))
            {
                var ended = Children.TryReap(pid);
                _members.Forget(pid);
                if (_probes.Remove(pid, out var probe))
                {
                    ReportProbeEnded(probe.Number, ended is { Status.IsSuccess: true });
                }

                continue;
            }

            if (run.Phase == RunPhase.Up && !run.HasCgroup)
            {
                // Nobody else can use its group's number before it is reaped, and a group dies at once: no fork slips through.
                KillOrphanedGroup(run);
            }

            EndProbes(run);
            var exit = Children.TryReap(pid);
            _leaders.Remove(pid);
            LeaderEnded(run, exit?.Status ?? new ExitStatus.Lost("somebody else reaped it"), exit);
        }
    }

    /// <summary>Finds the runs that are over, and deals with members that outlived their leader.</summary>
    internal void Settle()
    {
        _lookAgainAt = long.MaxValue;
        if (!_changed || _ending.Count == 0)
        {
            _changed = false;
            return;
        }

        _changed = false;
        if (!LookAtChildren())
        {
            return;
        }

        foreach (var run in _ending.ToArray())
        {
            if (!HasMembers(run))
            {
                Settled(run);
                continue;
            }

            switch (run.Phase)
            {
                case RunPhase.Up:
                    Kill(run, ForceReason.MembersRemained);
                    break;
                case RunPhase.Ladder:
                    SignalMembers(run);
                    break;
                default:
                    if (!run.ReportedUnsettled)
                    {
                        KillMembers(run);
                    }

                    break;
            }
        }
    }

    // Without cgroups: look until a look finds nothing new, with what it found reaped before the next. A worker that forks without
    // end never gets there; its own newest process is then known as a member, and the others are settled all the same.
    private bool LookAtChildren()
    {
        if (_ending.TrueForAll(run => run.IsWatched))
        {
            return true;
        }

        for (var looks = 0; looks < MaximumLooks; looks++)
        {
            var changed = _members.Look(_ending.LastOrDefault(run => !run.IsWatched)?.Incarnation ?? 0);
            if (changed is null)
            {
                // Most likely no descriptor is left. Nothing is known, so nothing is settled; look again soon.
                _lookAgainAt = Now + KillPause;
                _changed = true;
                return false;
            }

            if (changed is false && looks > 0)
            {
                break;
            }

            if (looks < MaximumLooks - 1)
            {
                Reap();
            }
        }

        _changed = false;
        return true;
    }

    private void KillOrphanedGroup(Run run)
    {
        run.LeaderGone = true;
        _members.Look(run.Incarnation);
        if (_members.HasAdopted(run.Incarnation))
        {
            Kill(run, ForceReason.MembersRemained);
            Signals.SendToUnreapedChild(-run.Pid, Signals.Kill);
        }
    }

    private void LeaderEnded(Run run, ExitStatus status, ChildExit? usage = null)
    {
        run.LeaderGone = true;
        run.Exit = status;
        _ending.Add(run);
        _changed = true;
        ReportExited(run, status, usage);
    }

    private bool HasMembers(Run run)
    {
        if (run.IsWatched)
        {
            ForgetEndedDescendants(run);
            return run.PinnedDescendants is { Count: > 0 };
        }

        if (!run.HasCgroup || _context.Cgroups is not { } cgroups)
        {
            return _members.HasAdopted(run.Incarnation);
        }

        // To remove it is the cheapest way to ask: one call for nearly every run. A member that may write to other cgroups can have left this
        // one: then it is found like any other orphan.
        run.CgroupIsGone = run.CgroupIsGone || cgroups.Remove(run.Incarnation);
        if (run.CgroupIsGone || !cgroups.IsPopulated(run.Incarnation))
        {
            return _members.HasAdopted(run.Incarnation);
        }

        if (run.EventsDescriptor < 0)
        {
            // The kernel tells when the last one is gone; look again after arming, for it may have been between.
            run.EventsDescriptor = cgroups.OpenEvents(run.Incarnation);
            if (run.EventsDescriptor >= 0)
            {
                _epoll.Add(run.EventsDescriptor, EpollInterest.Priority, EmptiedKind | (ulong)run.Incarnation);
            }
        }

        return cgroups.IsPopulated(run.Incarnation) || _members.HasAdopted(run.Incarnation);
    }

    // Without a parent it is gone, or was never seen from here: no number to signal.
    private IEnumerable<(int Pid, int Parent)> Remaining(Run run) => run.HasCgroup && _context.Cgroups is { } cgroups
        ? cgroups.Members(run.Incarnation).Select(pid => (pid, ProcStat.TryRead(pid)?.ParentPid ?? 0)).Where(member => member.Item2 != 0).Concat(_members.Adopted(run.Incarnation).Select(pid => (pid, 0)))
        : _members.All(run);

    private void Settled(Run run)
    {
        ReportSettled(run);
        if (_managerGone)
        {
            ExitRecords.Append(_context.Arguments.StateDirectory, run);
        }

        Remove(run);
    }
}
