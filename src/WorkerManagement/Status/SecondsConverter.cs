using System.Text.Json;
using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>A duration as seconds with fraction.</summary>
internal sealed class SecondsConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TimeSpan.FromSeconds(reader.GetDouble());

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(Math.Round(value.Ticks / (decimal)TimeSpan.TicksPerSecond, 6));
}
