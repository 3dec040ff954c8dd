using System.Text.Json;

namespace WorkerManagement.Logs;

/// <summary>A line as a JSON object.</summary>
internal static class LogLineJson
{
    public static byte[] Of(LogLine line)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (line.At is { } at)
            {
                writer.WriteNumber("at", Seconds.Of((at - DateTimeOffset.UnixEpoch).Ticks));
            }

            writer.WriteString("worker", line.Worker);
            writer.WriteString("stream", StreamNames.Of(line.Stream));
            if (line.Stream is LogStream.Lost)
            {
                writer.WriteNumber("bytes", line.Run);
            }
            else
            {
                writer.WriteNumber("incarnation", line.Run);
                writer.WriteString("line", line.Text);
            }

            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
