using System.Globalization;

namespace WorkerManagement.Cli;

/// <summary>How times and other people's words are shown.</summary>
internal static class Shown
{
    public static string Time(DateTimeOffset at) => at.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Exactly(DateTimeOffset at) => at.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);

    /// <summary>What somebody else wrote, for a terminal: without its control characters.</summary>
    public static string Plain(string text) => text.Any(char.IsControl) ? new([.. text.Select(character => char.IsControl(character) ? '\uFFFD' : character)]) : text;
}
