using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Cli;

/// <summary>The flag <c>--timeout</c>.</summary>
internal static class Timeouts
{
    public static bool IsDuration(string? timeout) => timeout is null || Durations.TryParse(timeout, out _);

    public static string NotADuration(string? timeout) => $"--timeout '{timeout}' is not a duration; give one such as 10s, 200ms or 1m30s";

    /// <summary>As a query of the API; empty without one.</summary>
    public static string Query(string? timeout) => timeout is null ? "" : "?timeout=" + Uri.EscapeDataString(timeout);
}
