using System.Text.Json.Serialization;

namespace WorkerManagement.Api;

/// <summary>What a report has that the one before it had not. Pure.</summary>
internal sealed record StatusChange
{
    [JsonPropertyName("version")]
    public long Version { get; init; }

    [JsonPropertyName("resource_version")]
    public string ResourceVersion { get; init; } = "";

    /// <summary>Workers that are new or changed, whole.</summary>
    [JsonPropertyName("workers")]
    public IReadOnlyList<WorkerStatus> Workers { get; init; } = [];

    /// <summary>Names of those that left.</summary>
    [JsonPropertyName("removed")]
    public IReadOnlyList<string> Removed { get; init; } = [];

    /// <summary>New incidents, oldest first.</summary>
    [JsonPropertyName("incidents")]
    public IReadOnlyList<Incident> Incidents { get; init; } = [];

    [JsonPropertyName("manager")]
    public ManagerStatus Manager { get; init; } = new();

    /// <summary>Reports are immutable and share what did not change, so the same object says that nothing did.</summary>
    public static StatusChange Between(WorkerStatusReport before, WorkerStatusReport now)
    {
        var known = before.Workers.ToDictionary(worker => worker.Name);
        var changed = now.Workers.Where(worker => !ReferenceEquals(known.GetValueOrDefault(worker.Name), worker)).ToArray();
        foreach (var worker in now.Workers)
        {
            known.Remove(worker.Name);
        }

        var last = before.Incidents.Count > 0 ? before.Incidents[^1] : null;
        var incidents = now.Incidents.Reverse().TakeWhile(incident => !ReferenceEquals(incident, last)).Reverse().ToArray();
        return new()
        {
            Version = now.Version,
            ResourceVersion = now.ResourceVersion,
            Workers = changed,
            Removed = [.. known.Keys],
            Incidents = incidents,
            Manager = now.Manager,
        };
    }
}

[JsonSerializable(typeof(StatusChange))]
internal sealed partial class ApiJson : JsonSerializerContext;
