namespace WorkerManagement.Stopping;

/// <summary>Sums up the stops of several workers in the seed's words. Pure.</summary>
internal static class StopReports
{
    public static StopTypeReport ForType(string type, IReadOnlyList<WorkerStopReport> workers)
    {
        var failed = workers.Where(IsFailure).ToArray();
        return new()
        {
            Success = failed.Length == 0,
            Stopped = workers.Count - failed.Length,
            Failed = failed.Length,
            Errors = [.. failed.Select(report => report.Reason ?? $"worker '{report.Name}' did not stop")],
            Message = workers.Count == 0 ? $"No workers of type '{type}'"
                : failed.Length == 0 ? $"Stopped {workers.Count} of type '{type}'"
                : $"Stopped {workers.Count - failed.Length} of type '{type}', {failed.Length} not settled",
            Workers = workers,
        };
    }

    public static StopAllReport ForAll(IReadOnlyList<WorkerStopReport> workers)
    {
        var types = workers.GroupBy(report => report.Type).ToDictionary(group => group.Key, group => ForType(group.Key, [.. group]));
        var failed = types.Values.Sum(report => report.Failed);
        return new()
        {
            Success = failed == 0,
            TotalStopped = workers.Count - failed,
            TotalFailed = failed,
            ByType = types,
            Errors = [.. types.Values.SelectMany(report => report.Errors)],
            Message = workers.Count == 0 ? "No workers"
                : failed == 0 ? $"Stopped {workers.Count} workers"
                : $"Stopped {workers.Count - failed} workers, {failed} not settled",
        };
    }

    private static bool IsFailure(WorkerStopReport report) => report.Outcome == "not settled";
}
