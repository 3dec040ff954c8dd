using System.Globalization;

namespace WorkerManagement.Hosting.Configuration;

/// <summary>Moments as people write them: <c>10m</c> (ago), <c>14:30</c> (today), <c>2026-11-26 14:30:05</c>, <c>2026-11-26T14:30:05Z</c>, or Unix seconds.</summary>
public static class Moments
{
    /// <summary>What to say when <see cref="TryParse"/> gives false.</summary>
    public const string Expected = "a duration such as 10m (ago), a time such as 14:30 or 2026-11-26T14:30:05Z, or Unix seconds";

    /// <summary>Parses a moment; without a zone it is local time.</summary>
    public static bool TryParse(string? text, DateTimeOffset now, out DateTimeOffset moment)
    {
        moment = now;
        if (Durations.TryParse(text, out var ago))
        {
            moment = now - ago;
            return true;
        }

        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
        {
            moment = seconds is >= 100_000_000 and < 100_000_000_000 ? DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond)) : now;
            return moment != now;
        }

        return text is { Length: >= 4 } && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out moment);
    }
}
