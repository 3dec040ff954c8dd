namespace WorkerManagement.Logs;

/// <summary>What the streams of a log are called outside.</summary>
internal static class StreamNames
{
    /// <summary>Its name.</summary>
    public static string Of(LogStream stream) => stream switch { LogStream.Output => "stdout", LogStream.Error => "stderr", LogStream.Lost => "lost", _ => "unknown" };

    /// <summary>The stream that can be asked for by that name; null for any other.</summary>
    public static LogStream? Parse(string? name) => name switch { "stdout" => LogStream.Output, "stderr" => LogStream.Error, _ => null };
}
