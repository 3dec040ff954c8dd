using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;

namespace WorkerManagement.Guard;

// Who belongs to a run when there is no cgroup to ask.
//
// Every member is a descendant of this process (it is a subreaper) and carries the run's tag, and so does its whole line of
// ancestors up to a child of this process. So a run without a leader is settled exactly when no child of this process carries
// its tag. Children cannot vanish unseen: they stay zombies until this process reaps them, which makes their numbers safe to use.
// The list in /proc is read while orphans may still be handed over; an orphan is appended at the list's end, and its dead parent
// stays in the list until it is reaped here, so one look cannot miss both. The look is repeated all the same until it finds
// nothing new. Zombies count as members: they keep their tag, and what they left behind is looked for after they are reaped.

/// <summary>This process' children, and which run the adopted ones belong to.</summary>
internal sealed class Members(ulong instanceTag, Dictionary<int, Run> leaders)
{
    private readonly Dictionary<int, long> _adopted = [];
    private readonly List<int> _children = [];
    private readonly byte[] _buffer = new byte[8192];

    /// <summary>An adopted child ended and was reaped.</summary>
    internal void Forget(int pid) => _adopted.Remove(pid);

    /// <summary>
    /// Looks at all children anew. An unknown one carries a run's tag, or a nested manager's: such a one can only come from a run
    /// that just lost its own guard, <paramref name="heir"/> (0 when no run is ending: then it is kept until the last stop).
    /// </summary>
    /// <returns>Whether a child was new: then look again after reaping. Null when /proc could not be read: nothing is known.</returns>
    internal bool? Look(long heir)
    {
        _children.Clear();
        if (!ProcChildren.Read(Environment.ProcessId, _children, _buffer))
        {
            return null;
        }

        var changed = false;
        foreach (var pid in _children)
        {
            if (leaders.ContainsKey(pid) || _adopted.ContainsKey(pid))
            {
                continue;
            }

            changed = true;
            _adopted[pid] = ProcTag.TryRead(pid) is not { } tag ? heir
                : tag.Hard == instanceTag && instanceTag != 0 ? (long)tag.Soft
                : InstanceTag.IsTag(tag.Hard) || instanceTag == 0 ? heir : 0;
        }

        return changed;
    }

    /// <summary>Whether an adopted child of this run lives (or was not reaped yet).</summary>
    internal bool HasAdopted(long incarnation) => _adopted.ContainsValue(incarnation);

    internal IEnumerable<int> Adopted(long incarnation)
    {
        foreach (var (pid, owner) in _adopted)
        {
            if (owner == incarnation)
            {
                yield return pid;
            }
        }
    }

    /// <summary>All live members that can be reached from the leader and the adopted: parents before children.</summary>
    internal List<(int Pid, int Parent)> All(Run run)
    {
        List<(int, int)> found = [];
        if (!run.LeaderGone)
        {
            found.Add((run.Pid, 0));
        }

        if (!run.IsWatched)
        {
            foreach (var pid in Adopted(run.Incarnation))
            {
                found.Add((pid, 0));
            }
        }

        Descend(found);
        return found;
    }

    /// <summary>Extends a list of processes by everything below them.</summary>
    private void Descend(List<(int Pid, int Parent)> found)
    {
        for (var i = 0; i < found.Count; i++)
        {
            _children.Clear();
            _ = ProcChildren.Read(found[i].Pid, _children, _buffer);
            foreach (var child in _children)
            {
                if (ProcStat.TryRead(child) is { IsDead: false })
                {
                    found.Add((child, found[i].Pid));
                }
            }
        }
    }

    /// <summary>
    /// Signals one member. Children of ours are safe by number until reaped; any other is pinned, and then looked at once more:
    /// still the child of the same parent, it is the process that was found.
    /// </summary>
    internal static bool Signal(int pid, int parent, int signal)
    {
        if (parent == 0)
        {
            return Signals.SendToUnreapedChild(pid, signal);
        }

        using var pinned = PidFd.TryOpen(pid, out _);
        return pinned is not null
            && ProcStat.TryRead(pid) is { IsDead: false } stat
            && (stat.ParentPid == parent || stat.ParentPid == Environment.ProcessId)
            && pinned.Send(signal);
    }
}
