using System.Diagnostics;
using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;

namespace WorkerManagement.Guard;

/// <summary>
/// Ends what an earlier guard of the same state directory left when it, its keeper and the manager were killed together. These
/// are nobody's children here: each is pinned by a pidfd and then looked at again, and its end is the pidfd becoming readable.
/// </summary>
internal sealed class Sweep(string stateDirectory, CgroupTree? cgroups, int graceMilliseconds)
{
    private readonly ulong _hash = InstanceTag.HashOf(stateDirectory);
    private readonly Dictionary<int, (PidFd Pin, string Name, bool Killed)> _found = [];

    /// <summary>What was found and ended.</summary>
    internal List<(int Pid, string Name, bool Killed)> Ended { get; } = [];

    /// <summary>False when something outlived SIGKILL.</summary>
    internal bool Run()
    {
        if (!FindNew())
        {
            cgroups?.RemoveRuns();
            return true;
        }

        Send(Signals.Terminate);
        Send(Signals.Continue);
        WaitForAll(graceMilliseconds);
        var began = Stopwatch.GetTimestamp();
        bool alive;
        do
        {
            cgroups?.KillAll();
            Send(Signals.Kill);
            WaitForAll(50);
            alive = FindNew() || _found.Count > 0;
        }
        while (alive && Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(5));

        foreach (var (pid, entry) in _found)
        {
            Ended.Add((pid, entry.Name, entry.Killed));
            entry.Pin.Dispose();
        }

        cgroups?.RemoveRuns();
        return !alive;
    }

    // Pins every live process that carries the instance's tag or sits in one of its cgroups; true when one was not known yet.
    private bool FindNew()
    {
        var before = _found.Count;
        var members = new HashSet<int>();
        foreach (var run in cgroups?.Runs() ?? [])
        {
            members.UnionWith(cgroups!.Members(run));
        }

        _ = ProcChildren.ForEachNumber("/proc", pid =>
        {
            if (_found.ContainsKey(pid) || !IsOurs(pid, members) || PidFd.TryOpen(pid) is not { } pin)
            {
                return;
            }

            if (IsOurs(pid, members) && ProcStat.TryRead(pid) is { IsDead: false })
            {
                _found[pid] = (pin, ProcName.Read(pid), false);
            }
            else
            {
                pin.Dispose();
            }
        });
        return _found.Count > before;
    }

    private bool IsOurs(int pid, HashSet<int> members) =>
        members.Contains(pid) || (ProcTag.TryRead(pid) is { } tag && InstanceTag.Matches(tag.Hard, _hash) && ProcStat.TryRead(pid) is { IsDead: false });

    private void Send(int signal)
    {
        foreach (var (pid, entry) in _found)
        {
            if (entry.Pin.Send(signal) && signal == Signals.Kill)
            {
                _found[pid] = entry with { Killed = true };
            }
        }
    }

    private void WaitForAll(int milliseconds)
    {
        var began = Stopwatch.GetTimestamp();
        foreach (var (pid, entry) in _found.ToArray())
        {
            var left = milliseconds - (int)Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            if (Poll.IsReadable(entry.Pin.Descriptor, Math.Max(0, left)))
            {
                Ended.Add((pid, entry.Name, entry.Killed));
                entry.Pin.Dispose();
                _found.Remove(pid);
            }
        }
    }
}
