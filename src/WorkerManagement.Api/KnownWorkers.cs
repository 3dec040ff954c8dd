using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace WorkerManagement.Api;

/// <summary>
/// A worker's JSON is kept as long as its status is in any report. From one report to the next a few of a thousand workers change, so who asks
/// again and again costs the manager neither the work nor a megabyte of garbage each time.
/// </summary>
internal sealed class KnownWorkers : JsonConverter<WorkerStatus>
{
    private readonly ConditionalWeakTable<WorkerStatus, byte[]> _known = [];

    /// <summary>The same JSON as <see cref="ReportJson"/> makes.</summary>
    public static JsonTypeInfo<WorkerStatusReport> Report { get; } =
        (JsonTypeInfo<WorkerStatusReport>)new ReportJson(new JsonSerializerOptions { Converters = { new KnownWorkers(), new Summary() } }).GetTypeInfo(typeof(WorkerStatusReport))!;

    public override void Write(Utf8JsonWriter writer, WorkerStatus value, JsonSerializerOptions options) =>
        writer.WriteRawValue(_known.GetValue(value, static worker => JsonSerializer.SerializeToUtf8Bytes(worker, ReportJson.Default.WorkerStatus)), skipInputValidation: true);

    public override WorkerStatus Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("reports are only written");

    // As made at compile time it takes an enumerator from the heap for each list, and there may be as many types as workers.
    private sealed class Summary : JsonConverter<WorkerTypeSummary>
    {
        public override void Write(Utf8JsonWriter writer, WorkerTypeSummary value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WriteNumber("count"u8, value.Count);
            writer.WriteStartArray("pids"u8);
            for (var i = 0; i < value.Pids.Count; i++)
            {
                writer.WriteNumberValue(value.Pids[i]);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("names"u8);
            for (var i = 0; i < value.Names.Count; i++)
            {
                writer.WriteStringValue(value.Names[i]);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        public override WorkerTypeSummary Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("reports are only written");
    }
}
