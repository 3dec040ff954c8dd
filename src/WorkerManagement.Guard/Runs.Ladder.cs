using System.Diagnostics;
using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;

namespace WorkerManagement.Guard;

/// <content>Ladders: which signal goes to whom, when.</content>
internal sealed partial class Runs
{
    /// <summary>After SIGKILL this long passes before a run counts as not settled.</summary>
    private const int KillBound = 500;

    /// <summary>Pause between rounds of killing what does not die.</summary>
    private const int KillPause = 100;

    /// <summary>With nobody to report to, or nobody to clean up behind the guard, this long after SIGKILL a run is left to the last kill.</summary>
    private const int AbandonAfter = 1500;

    // Milliseconds, rounded down. Not TickCount64, which is a tick of the kernel (up to 10 ms) behind: a worker would have that much less than its grace.
    private static long Now => (long)Stopwatch.GetElapsedTime(0).TotalMilliseconds;

    // Never early, though the moment it is counted from was rounded.
    private static long After(double milliseconds) => Now + 1 + (long)milliseconds;

    internal int MillisecondsToNextDeadline()
    {
        if (_changed && _ending.Count > 0 && _lookAgainAt == long.MaxValue)
        {
            return 0;
        }

        var next = _lookAgainAt;
        foreach (var run in _timed)
        {
            next = Math.Min(next, run.Deadline);
        }

        return next == long.MaxValue ? -1 : (int)Math.Clamp(next - Now, 0, int.MaxValue);
    }

    /// <summary>Ends steps and rounds that are over.</summary>
    internal void MeetDeadlines()
    {
        if (_timed.Count == 0)
        {
            return;
        }

        var now = Now;
        foreach (var run in _timed.ToArray())
        {
            if (run.Deadline > now)
            {
                continue;
            }

            if (run.Phase == RunPhase.Ladder)
            {
                run.Step++;
                EnterStep(run);
            }
            else
            {
                OutlivedKill(run, now);
            }
        }
    }

    private void Begin(Run run, IReadOnlyList<LadderStep> ladder)
    {
        if (run.Phase == RunPhase.Killing)
        {
            return;
        }

        EndProbes(run);
        run.Ladder = ladder;
        run.Step = 0;
        run.Phase = RunPhase.Ladder;
        _timed.Add(run);

        EnterStep(run);
    }

    private void EndProbes(Run run)
    {
        foreach (var (pid, probe) in _probes)
        {
            if (probe.Run == run)
            {
                Signals.SendToUnreapedChild(pid, Signals.Kill);
            }
        }
    }

    private void EnterStep(Run run)
    {
        if (_killing || run.Step >= run.Ladder.Count)
        {
            Kill(run, run.Ladder.Count == 0 || _killing ? ForceReason.Requested : WhyForce(run));
            return;
        }

        var step = run.Ladder[run.Step];
        run.Deadline = After(step.Wait.TotalMilliseconds);
        run.MembersSignalled = false;
        PinDescendants(run);
        if (step.Signal != 0 && !run.LeaderGone)
        {
            SignalLeader(run, step.Signal);
            SignalLeader(run, Signals.Continue);
        }

        // Members without a leader get it in Settle.
        _changed |= run.LeaderGone;
    }

    private void SignalMembers(Run run)
    {
        if (run.MembersSignalled || run.Step >= run.Ladder.Count || run.Ladder[run.Step].Signal is 0)
        {
            return;
        }

        run.MembersSignalled = true;
        var signal = run.Ladder[run.Step].Signal;
        foreach (var pin in run.PinnedDescendants?.Values ?? Enumerable.Empty<PidFd>())
        {
            pin.Send(signal);
            pin.Send(Signals.Continue);
        }

        foreach (var (pid, parent) in run.IsWatched ? [] : Remaining(run))
        {
            Members.Signal(pid, parent, signal);
            Members.Signal(pid, parent, Signals.Continue);
        }
    }

    private static bool SignalLeader(Run run, int signal) => run.Pin is { } pin ? pin.Send(signal) : Signals.SendToUnreapedChild(run.Pid, signal);

    private void Kill(Run run, ForceReason reason)
    {
        if (run.Phase != RunPhase.Killing)
        {
            run.Phase = RunPhase.Killing;
            run.Reason = reason;
            run.KilledAt = Now;
            run.Deadline = run.KilledAt + KillBound;
            _timed.Add(run);
        }

        KillMembers(run);
    }

    /// <summary>One round: SIGKILL to everyone that belongs to the run now.</summary>
    private void KillMembers(Run run)
    {
        run.Killed ??= [];
        if (run.IsWatched)
        {
            KillWatched(run);
        }
        else
        {
            if (run.HasCgroup && _context.Cgroups is { } cgroups)
            {
                run.Killed.UnionWith(cgroups.Members(run.Incarnation));
                cgroups.Kill(run.Incarnation);
            }

            KillFound(run, run.Killed);
        }

        run.Killed.ExceptWith(_probes.Keys);
        run.Forced |= run.Killed.Count > 0;
    }

    // By descent and tag: everyone without a cgroup, and with one those who left it.
    private void KillFound(Run run, HashSet<int> killed)
    {
        LookOnce(run.Incarnation);
        var members = _members.All(run);
        if (!run.LeaderGone)
        {
            // The whole group at once: a fork in it either happened before or never happens.
            Signals.SendToUnreapedChild(-run.Pid, Signals.Kill);
        }

        foreach (var (pid, parent) in members)
        {
            Members.Signal(pid, parent, Signals.Kill);
            killed.Add(pid);
        }
    }

    private void OutlivedKill(Run run, long now)
    {
        run.Deadline = now + KillPause;
        if (!run.ReportedUnsettled)
        {
            run.ReportedUnsettled = true;
            ReportNotSettled(run);
        }

        Abandoned |= (_managerGone || _killing) && now - run.KilledAt > AbandonAfter;
        KillMembers(run);
        _changed = true;
    }

    private static ForceReason WhyForce(Run run)
    {
        if (run.LeaderGone)
        {
            return ForceReason.MembersRemained;
        }

        if (ProcSignals.TryRead(run.Pid) is not { } signals)
        {
            return ForceReason.TooSlow;
        }

        var signal = run.Ladder.LastOrDefault(step => step.Signal != 0)?.Signal ?? Signals.Terminate;
        return signals.State is 'T' or 't' ? ForceReason.Stopped
            : signals.State is 'D' ? ForceReason.UninterruptibleSleep
            : ProcSignals.Has(signals.Ignored, signal) ? ForceReason.Ignored
            : ProcSignals.Has(signals.Blocked, signal) ? ForceReason.Blocked
            : ForceReason.TooSlow;
    }
}
