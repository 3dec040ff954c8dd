using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.Http;

namespace CodeAnalysisServer.Operations;

/// <summary>The operations' JSON, made at compile time: snake_case as everywhere.</summary>
[JsonSerializable(typeof(SearchAnswer))]
[JsonSerializable(typeof(RegexAnswer))]
[JsonSerializable(typeof(EntityAnswer))]
[JsonSerializable(typeof(EntityInfo))]
[JsonSerializable(typeof(FileOutline))]
[JsonSerializable(typeof(UsagePage))]
[JsonSerializable(typeof(CallPage))]
[JsonSerializable(typeof(DependencyAnswer))]
[JsonSerializable(typeof(TypeHierarchy))]
[JsonSerializable(typeof(IndexingErrors))]
[JsonSerializable(typeof(WorkerStatusAnswer))]
[JsonSerializable(typeof(WorkerChange))]
[JsonSerializable(typeof(WorkerLogs))]
[JsonSerializable(typeof(ProjectList))]
[JsonSerializable(typeof(ProjectChange))]
[JsonSerializable(typeof(ScanAnswer))]
[JsonSerializable(typeof(DatabaseStatus))]
[JsonSerializable(typeof(VectorCheck))]
[JsonSerializable(typeof(RepairAnswer))]
[JsonSerializable(typeof(ServerIdentity))]
[JsonSerializable(typeof(Problem))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
internal sealed partial class OperationJson : JsonSerializerContext
{
    /// <summary>Escapes only what JSON demands: snippets stay readable.</summary>
    public static OperationJson Plain { get; } = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
