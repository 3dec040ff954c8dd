namespace WorkerManagement;

/// <summary>Ticks as seconds with up to six digits after the point, and back. The same time is always the same text.</summary>
internal static class Seconds
{
    // Whole numbers all the way: the journal writes thousands of moments while workers start, and a decimal's division is slow.
    public static decimal Of(long ticks)
    {
        var (microseconds, rest) = Math.DivRem(ticks, TimeSpan.TicksPerMicrosecond);
        if (Math.Abs(rest) > 5 || (Math.Abs(rest) == 5 && long.IsOddInteger(microseconds)))
        {
            microseconds += Math.Sign(rest);
        }

        byte digits = 6;
        while (digits > 0 && microseconds % 10 == 0)
        {
            microseconds /= 10;
            digits--;
        }

        var magnitude = Math.Abs(microseconds);
        return new((int)magnitude, (int)(magnitude >> 32), 0, microseconds < 0, digits);
    }

    public static long ToTicks(decimal seconds) => (long)(seconds * TimeSpan.TicksPerSecond);
}
