using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>What the operator wants of a worker.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DesiredState>))]
public enum DesiredState
{
    /// <summary>Not to run.</summary>
    [JsonStringEnumMemberName("down")]
    Down = 0,

    /// <summary>To run.</summary>
    [JsonStringEnumMemberName("up")]
    Up = 1,
}
