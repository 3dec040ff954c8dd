using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>The reports' JSON, made at compile time: the same as plain <c>JsonSerializer.Serialize</c> gives.</summary>
[JsonSerializable(typeof(WorkerStatusReport))]
[JsonSerializable(typeof(WorkerStatus))]
[JsonSerializable(typeof(WorkerStopReport))]
[JsonSerializable(typeof(StopTypeReport))]
[JsonSerializable(typeof(StopAllReport))]
[JsonSerializable(typeof(StopPlan))]
[JsonSerializable(typeof(UsageReport))]
[JsonSerializable(typeof(ApplyPlan))]
[JsonSerializable(typeof(ApplyReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
