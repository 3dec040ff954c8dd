using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>What must hold of a dependency before the dependent worker is started.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DependencyCondition>))]
public enum DependencyCondition
{
    /// <summary>It runs.</summary>
    [JsonStringEnumMemberName("started")]
    Started = 0,

    /// <summary>It runs and is ready.</summary>
    [JsonStringEnumMemberName("ready")]
    Ready = 1,

    /// <summary>It ended with exit code 0 and is settled.</summary>
    [JsonStringEnumMemberName("succeeded")]
    Succeeded = 2,
}
