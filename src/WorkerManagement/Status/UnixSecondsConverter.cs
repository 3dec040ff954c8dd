using System.Text.Json;
using System.Text.Json.Serialization;

namespace WorkerManagement;

/// <summary>A moment as Unix seconds with fraction, as the seed's <c>time.time()</c> gave it.</summary>
internal sealed class UnixSecondsConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        DateTimeOffset.UnixEpoch.AddTicks(Seconds.ToTicks(reader.GetDecimal()));

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(Seconds.Of((value - DateTimeOffset.UnixEpoch).Ticks));
}
