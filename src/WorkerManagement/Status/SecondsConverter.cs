using System.Text.Json;
using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>A duration as seconds with fraction.</summary>
internal sealed class SecondsConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TimeSpan.FromTicks(Seconds.ToTicks(reader.GetDecimal()));

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(Seconds.Of(value.Ticks));
}
