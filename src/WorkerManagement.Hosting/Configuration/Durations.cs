using System.Globalization;
using System.Text.RegularExpressions;

namespace WorkerManagement.Hosting.Configuration;

/// <summary>Durations such as <c>10s</c>, <c>200ms</c>, <c>1m30s</c>, and sizes such as <c>10MB</c>.</summary>
public static partial class Durations
{
    /// <summary>Parses a duration: one or more of number and unit (h, m, s, ms), largest first.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text is null || DurationPattern().Match(text) is not { Success: true, Length: > 0 } match)
        {
            return false;
        }

        double Part(string name) => match.Groups[name].Success ? double.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture) : 0;
        var milliseconds = (Part("h") * 3_600_000) + (Part("m") * 60_000) + (Part("s") * 1000) + Part("ms");
        if (milliseconds > TimeSpan.FromDays(365).TotalMilliseconds)
        {
            return false;
        }

        duration = TimeSpan.FromMilliseconds(milliseconds);
        return true;
    }

    internal static bool TryParseSize(string? text, out long bytes)
    {
        bytes = 0;
        if (text is null || SizePattern().Match(text) is not { Success: true } match)
        {
            return false;
        }

        var factor = match.Groups["unit"].Value switch { "kB" or "KB" => 1000L, "MB" => 1_000_000, "GB" => 1_000_000_000, "KiB" => 1024, "MiB" => 1 << 20, "GiB" => 1 << 30, _ => 1 };
        var number = long.Parse(match.Groups["number"].Value, NumberStyles.None, CultureInfo.InvariantCulture);
        if (number == 0 || number > long.MaxValue / factor)
        {
            return false;
        }

        bytes = number * factor;
        return true;
    }

    [GeneratedRegex(@"^(?=\d)((?<h>\d{1,6}(\.\d+)?)h)?((?<m>\d{1,9}(\.\d+)?)m(?!s))?((?<s>\d{1,9}(\.\d+)?)s)?((?<ms>\d{1,12}(\.\d+)?)ms)?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex DurationPattern();

    [GeneratedRegex(@"^(?<number>\d{1,12})\s?(?<unit>B|kB|KB|MB|GB|KiB|MiB|GiB)?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex SizePattern();
}
