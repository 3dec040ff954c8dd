using System.Text.RegularExpressions;
using WorkerManagement.Hosting.Configuration;
using WorkerManagement.Logs;

namespace WorkerManagement.Api;

/// <summary>What somebody asked for in words, over HTTP or MCP: read, or refused with what to give.</summary>
internal static class Asked
{
    /// <summary>A moment; null when none was asked for.</summary>
    /// <exception cref="BadQueryException">It is none.</exception>
    public static DateTimeOffset? Moment(string name, string? text) => text is null ? null
        : Moments.TryParse(text, TimeProvider.System.GetUtcNow(), out var moment) ? moment
        : throw new BadQueryException($"{name} '{text}' is no moment; give {Moments.Expected}");

    /// <summary>A pattern of lines; null when none was asked for.</summary>
    /// <exception cref="BadQueryException">It is none.</exception>
    public static Regex? Grep(string? text)
    {
        try
        {
            return text is null ? null : LineWatch.PatternOf(text);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw new BadQueryException($"grep is no regular expression that can be used: {exception.Message}; lookarounds and backreferences are not supported");
        }
    }
}
