using WorkerManagement.Posix.Procfs;

namespace WorkerManagement;

/// <content>What the workers use, on demand.</content>
public sealed partial class WorkerManager
{
    /// <summary>Processor time and memory of each worker with all its members, read now. Without an answer of the guard within 1 s it is empty.</summary>
    public async Task<UsageReport> GetUsageAsync(CancellationToken cancellationToken = default)
    {
        var (guard, runs) = await AskAsync(() => (_guard, _runs.ToArray())).ConfigureAwait(false);
        if (guard is null || runs.Length == 0)
        {
            return new();
        }

        try
        {
            var members = await Task.WhenAll(runs.Select(run => guard.MembersAsync(run.Key, cancellationToken))).WaitAsync(CountBound, _time, cancellationToken).ConfigureAwait(false);
            return new() { Workers = [.. runs.Zip(members, (run, pids) => UsageOf(run.Value.Name, run.Key, pids)).Where(usage => usage.Members > 0)] };
        }
        catch (TimeoutException)
        {
            // Stopped or busy: nobody knows the members now.
            return new();
        }
    }

    private static WorkerUsage UsageOf(string name, long run, IReadOnlyList<int> pids)
    {
        var used = pids.Select(ProcUsage.TryRead).OfType<ProcUsage>().ToArray();
        return new() { Name = name, Incarnation = run, Members = used.Length, Cpu = used.Aggregate(TimeSpan.Zero, (sum, one) => sum + one.Cpu), MemoryBytes = used.Sum(one => one.ResidentBytes) };
    }
}
