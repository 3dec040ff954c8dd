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

    internal static Dictionary<string, WorkerTypeSummary> Of(IEnumerable<WorkerStatus> workers)
    {
        var types = new Dictionary<string, (List<int> Pids, List<string> Names)>();
        foreach (var worker in workers)
        {
            if (!types.TryGetValue(worker.Type, out var type))
            {
                types[worker.Type] = type = ([], []);
            }

            type.Names.Add(worker.Name);
            if (worker.Pid is { } pid)
            {
                type.Pids.Add(pid);
            }
        }

        return types.ToDictionary(type => type.Key, type => new WorkerTypeSummary { Count = type.Value.Names.Count, Pids = type.Value.Pids, Names = type.Value.Names });
    }
}
