using System.Globalization;

namespace WorkerManagement.Cli;

/// <summary>How times and other people's words are shown.</summary>
internal static class Shown
{
    public static string Time(DateTimeOffset at) => at.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Exactly(DateTimeOffset at) => at.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);

    /// <summary>What somebody else wrote, for a terminal: without its control characters.</summary>
    public static string Plain(string text) => text.Any(Acts) ? new([.. text.Select(character => Acts(character) ? '\uFFFD' : character)]) : text;

    /// <summary>Whether a character could act on a terminal: control characters, and those that turn the direction of writing.</summary>
    public static bool Acts(char character) => char.IsControl(character) || character is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
