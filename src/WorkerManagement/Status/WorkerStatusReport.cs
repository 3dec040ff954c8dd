using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>All workers at one moment: an immutable snapshot, the seed's shape with more beside it.</summary>
public sealed record WorkerStatusReport
{
    private IReadOnlyDictionary<string, WorkerTypeSummary>? _byType;

    /// <summary>How many workers are listed.</summary>
    [JsonPropertyName("total_workers")]
    public int TotalWorkers { get; init; }

    /// <summary>By type.</summary>
    [JsonPropertyName("by_type")]
    public IReadOnlyDictionary<string, WorkerTypeSummary> ByType
    {
        // Made when somebody looks: most reports go to watchers that never do, and a thousand types cost more than all the rest of one.
        get => _byType ??= WorkerTypeSummary.Of(Workers);
        init => _byType = value;
    }

    /// <summary>Each worker, in the order of registration.</summary>
    [JsonPropertyName("workers")]
    public IReadOnlyList<WorkerStatus> Workers { get; init; } = [];

    /// <summary>Grows with every change.</summary>
    [JsonPropertyName("version")]
    public long Version { get; init; }

    /// <summary>The version together with a mark of this manager's life: equal only for the same report, across restarts of the manager too.</summary>
    [JsonPropertyName("resource_version")]
    public string ResourceVersion { get; init; } = "";

    /// <summary>The last incidents, oldest first; at most 100.</summary>
    [JsonPropertyName("incidents")]
    public IReadOnlyList<Incident> Incidents { get; init; } = [];

    /// <summary>The manager itself.</summary>
    [JsonPropertyName("manager")]
    public ManagerStatus Manager { get; init; } = new();
}
