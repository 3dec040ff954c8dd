using System.Text.Json;

namespace WorkerManagement.Cli.Output;

/// <summary>A list in an answer.</summary>
internal static class JsonObjects
{
    /// <summary>Writes an array of one object for each item.</summary>
    public static void WriteObjects<T>(this Utf8JsonWriter writer, string name, IEnumerable<T> items, Action<T> write)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            writer.WriteStartObject();
            write(item);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
