using WorkerManagement.Posix.Procfs;
using WorkerManagement.Registry;

namespace WorkerManagement;

/// <content>What workers use: the guard says who the members are, /proc what they use. Nothing is read unless somebody asks.</content>
public sealed partial class WorkerManager
{
    /// <summary>
    /// CPU time and memory of the workers that have processes, now. Workers inside this process have none of their own and are not listed. While the guard
    /// does not answer within 1 s, each worker is its leader alone.
    /// </summary>
    /// <param name="names">Only these workers; all when null. Unknown names are passed over.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<UsageReport> GetUsageAsync(IReadOnlyCollection<string>? names = null, CancellationToken cancellationToken = default)
    {
        var wanted = names?.ToHashSet();
        var (guard, runs) = await AskAsync(() => (_guard, _runs.Where(run => wanted is null || wanted.Contains(run.Value.Name))
            .Select(run => (Run: run.Key, run.Value.Name, run.Value.Status.Pid)).ToArray())).WaitAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<int>[]? members = null;
        try
        {
            members = guard is null ? null : await Task.WhenAll(runs.Select(run => guard.MembersAsync(run.Run, cancellationToken))).WaitAsync(CountBound, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Stopped, or busy: the leaders are known without it.
        }

        return new()
        {
            At = Now,
            Workers = [.. runs.Select((run, index) => UsageOf(run.Name, run.Pid, members?[index] ?? (run.Pid is { } leader ? [leader] : [])))],
        };
    }

    // Looked up by identity: a number that another process has by now is no leak.
    private int CountLeaked() => Ask(() => _registry.Values.OfType<ManagedEntry>().Where(entry => entry.Life.Run == 0 && entry.Leader is not null).Select(entry => entry.Leader!.Value).ToArray())
        .Count(leader => ProcStat.TryRead(leader.Pid) is { IsDead: false } stat && stat.StartTime == leader.StartTime);

    private static WorkerUsage UsageOf(string name, int? leader, IReadOnlyList<int> pids)
    {
        var found = pids.Select(pid => (Pid: pid, Usage: ProcUsage.TryRead(pid))).Where(member => member.Usage is not null)
            .Select(member => (member.Pid, Usage: member.Usage!.Value)).OrderByDescending(member => member.Pid == leader).ToArray();
        return new()
        {
            Name = name,
            Pid = leader,
            CpuTime = found.Aggregate(TimeSpan.Zero, (sum, member) => sum + member.Usage.CpuTime + member.Usage.ChildrenCpuTime),
            ResidentBytes = found.Sum(member => member.Usage.ResidentBytes),
            Members = [.. found.Select(member => new MemberUsage
            {
                Pid = member.Pid,
                ParentPid = member.Usage.ParentPid,
                Name = ProcName.Read(member.Pid),
                CpuTime = member.Usage.CpuTime,
                ResidentBytes = member.Usage.ResidentBytes,
            })],
        };
    }
}
