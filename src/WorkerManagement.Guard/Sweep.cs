using System.Diagnostics;
using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;

namespace WorkerManagement.Guard;

// What an earlier guard of the same state directory left when it, its keeper and the manager were killed together. These are nobody's
// children here: each is pinned by a pidfd and then looked at again, and its end is the pidfd becoming readable.
//
// A worker of it may be a manager itself, whose workers carry that manager's tag and not ours. They are known by descent, and only as long
// as their guard lives. So at the end ours are first stopped (nothing is started any more, and a stopped guard still adopts), then those
// below them are killed until none is found, and only then ours.

/// <summary>Ends what carries the tag of this state directory, sits in its cgroups, or descends from such a process.</summary>
internal sealed class Sweep(GuardArguments arguments, int keeperPid, CgroupTree? cgroups)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ulong _hash = InstanceTag.HashOf(arguments.StateDirectory);
    private readonly Dictionary<int, Leftover> _found = [];

    /// <summary>What was found and ended.</summary>
    internal List<(int Pid, string Name, bool Killed)> Ended { get; } = [];

    private bool AnyNested => _found.Values.Any(leftover => leftover.IsNested);

    /// <summary>False when something outlived SIGKILL.</summary>
    internal bool Run()
    {
        if (!FindNew())
        {
            cgroups?.RemoveRuns();
            return true;
        }

        Send(Signals.Terminate, _ => true);
        Send(Signals.Continue, _ => true);
        WaitForAll(arguments.SweepGraceMilliseconds);
        KillAll();
        foreach (var leftover in _found.Values)
        {
            leftover.Pin.Dispose();
        }

        cgroups?.RemoveRuns();
        return _found.Count == 0;
    }

    private void KillAll()
    {
        // As long as some go: there may be more than can be pinned at once.
        var (ended, lastEnd) = (Ended.Count, Stopwatch.GetTimestamp());
        FindNew();
        Send(Signals.Stop, leftover => !leftover.IsNested);
        FindNew();
        while (_found.Count > 0 && Stopwatch.GetElapsedTime(lastEnd) < Patience)
        {
            cgroups?.KillAll();
            var nestedFirst = AnyNested;
            Send(Signals.Kill, leftover => leftover.IsNested == nestedFirst);
            WaitForAll(50);
            if (Ended.Count > ended)
            {
                (ended, lastEnd) = (Ended.Count, Stopwatch.GetTimestamp());
            }

            FindNew();
        }
    }

    // Pins what was not known yet; true when there was something.
    private bool FindNew()
    {
        var before = _found.Count;
        var members = new HashSet<int>();
        foreach (var run in cgroups?.Runs() ?? [])
        {
            members.UnionWith(cgroups!.Members(run));
        }

        var others = new List<(int Pid, int Parent)>();
        _ = ProcChildren.ForEachNumber("/proc", pid =>
        {
            if (_found.ContainsKey(pid) || IsNew(pid) || ProcStat.TryRead(pid) is not { IsDead: false } stat)
            {
                return;
            }

            if (IsOurs(pid, members))
            {
                Pin(pid, isNested: false, _ => IsOurs(pid, members));
            }
            else
            {
                others.Add((pid, stat.ParentPid));
            }
        });

        // Down from what is known, generation by generation.
        while (others.RemoveAll(other => _found.TryGetValue(other.Parent, out var parent)
            && Pin(other.Pid, isNested: true, stat => stat.ParentPid == other.Parent && !parent.Pin.HasEnded)) > 0)
        {
        }

        return _found.Count > before;
    }

    private bool Pin(int pid, bool isNested, Func<ProcStat, bool> isMeant)
    {
        // Without a descriptor left it waits until some of those that were found are gone.
        if (PidFd.TryOpen(pid, out _) is not { } pin)
        {
            return false;
        }

        if (Room.IsLeftAfter(pin.Descriptor) && ProcStat.TryRead(pid) is { IsDead: false } stat && isMeant(stat))
        {
            _found[pid] = new(pin, ProcName.Read(pid), isNested);
            return true;
        }

        pin.Dispose();
        return false;
    }

    // A manager may have been started by a worker of the earlier one, to take its place.
    private bool IsNew(int pid) => pid == Environment.ProcessId || pid == keeperPid || pid == arguments.ManagerPid;

    private bool IsOurs(int pid, HashSet<int> members) =>
        members.Contains(pid) || (ProcTag.TryRead(pid) is { } tag && InstanceTag.Matches(tag.Hard, _hash));

    private void Send(int signal, Predicate<Leftover> to)
    {
        foreach (var leftover in _found.Values)
        {
            if (to(leftover) && leftover.Pin.Send(signal) && signal == Signals.Kill)
            {
                leftover.IsKilled = true;
            }
        }
    }

    private void WaitForAll(int milliseconds)
    {
        var began = Stopwatch.GetTimestamp();
        foreach (var (pid, leftover) in _found.ToArray())
        {
            var left = milliseconds - (int)Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            if (Poll.IsReadable(leftover.Pin.Descriptor, Math.Max(0, left)))
            {
                Ended.Add((pid, leftover.Name, leftover.IsKilled));
                leftover.Pin.Dispose();
                _found.Remove(pid);
            }
        }
    }

    private sealed record Leftover(PidFd Pin, string Name, bool IsNested)
    {
        internal bool IsKilled { get; set; }
    }
}
