using WorkerManagement.Posix.Procfs;

namespace WorkerManagement.Guarding;

/// <summary>One live process that carries the tag of a state directory.</summary>
internal sealed record TaggedProcess(int Pid, string Name, long Incarnation);

/// <summary>Looks for processes by tag; touches none.</summary>
internal static class GuardSweep
{
    /// <summary>Every live process that belongs to a manager of this state directory, as far as this user may see.</summary>
    public static IReadOnlyList<TaggedProcess> Find(string stateDirectory)
    {
        var hash = InstanceTag.HashOf(Path.GetFullPath(stateDirectory));
        var found = new List<TaggedProcess>();
        _ = ProcChildren.ForEachNumber("/proc", pid =>
        {
            if (ProcTag.TryRead(pid) is { } tag && InstanceTag.Matches(tag.Hard, hash) && ProcStat.TryRead(pid) is { IsDead: false })
            {
                found.Add(new(pid, ProcName.Read(pid), (long)tag.Soft));
            }
        });
        return found;
    }
}
