using System.Text.Json;

namespace WorkerManagement.Recovery;

/// <summary>How a run ended while no manager was there, as the guard wrote it.</summary>
internal sealed record ExitRecord(string Name, long Incarnation, WorkerExit Exit)
{
    /// <summary>In words, after "ended".</summary>
    public string How => Exit.Code is { } number ? $"with exit code {number}" : Exit.Signal is { } killer ? $"by {killer}" : "in a way that nobody saw";

    public static string FileIn(string stateDirectory) => Path.Combine(stateDirectory, "exits.jsonl");

    /// <exception cref="JsonException">The line is torn or something else.</exception>
    public static ExitRecord Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            var exit = new WorkerExit
            {
                Code = root.TryGetProperty("code", out var code) ? code.GetInt32() : null,
                Signal = root.TryGetProperty("signal", out var signal) ? SignalName.Of(signal.GetInt32()) : null,
                Core = root.TryGetProperty("core", out var core) && core.GetBoolean(),
                Lost = code.ValueKind is JsonValueKind.Undefined && signal.ValueKind is JsonValueKind.Undefined ? "nobody saw how it ended" : null,
                At = DateTimeOffset.UnixEpoch.AddSeconds(root.GetProperty("at").GetDouble()),
            };
            return new(root.GetProperty("name").GetString()!, root.GetProperty("incarnation").GetInt64(), exit);
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException)
        {
            throw new JsonException(exception.Message, exception);
        }
    }
}
