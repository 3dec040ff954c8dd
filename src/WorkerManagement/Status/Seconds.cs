namespace WorkerManagement;

/// <summary>Ticks as seconds with up to six digits after the point, and back. The same time is always the same text.</summary>
internal static class Seconds
{
    public static decimal Of(long ticks) => Math.Round(ticks / (decimal)TimeSpan.TicksPerMicrosecond) / 1_000_000m;

    public static long ToTicks(decimal seconds) => (long)(seconds * TimeSpan.TicksPerSecond);
}
