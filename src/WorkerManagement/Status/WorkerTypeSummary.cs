using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>The workers of one type.</summary>
public sealed record WorkerTypeSummary
{
    /// <summary>How many are registered.</summary>
    [JsonPropertyName("count")]
    public int Count { get; init; }

    /// <summary>Their pids, where they have one.</summary>
    [JsonPropertyName("pids")]
    public IReadOnlyList<int> Pids { get; init; } = [];

    /// <summary>Their names.</summary>
    [JsonPropertyName("names")]
    public IReadOnlyList<string> Names { get; init; } = [];

    internal static Dictionary<string, WorkerTypeSummary> Of(IReadOnlyList<WorkerStatus> workers)
    {
        // Counted first, so that nothing grows: with as many types as workers this is most of what a report costs.
        var types = new Dictionary<string, WorkerTypeSummary>(workers.Count);
        foreach (var (type, count) in workers.CountBy(worker => worker.Type))
        {
            types.Add(type, new() { Count = count, Pids = new List<int>(count), Names = new List<string>(count) });
        }

        foreach (var worker in workers)
        {
            var type = types[worker.Type];
            ((List<string>)type.Names).Add(worker.Name);
            if (worker.Pid is { } pid)
            {
                ((List<int>)type.Pids).Add(pid);
            }
        }

        return types;
    }
}
