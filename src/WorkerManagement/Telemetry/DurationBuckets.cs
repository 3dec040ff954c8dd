namespace WorkerManagement.Telemetry;

/// <summary>How many durations fell under each bound. Counted by the manager's loop, read by whoever looks.</summary>
/// <param name="bounds">Upper bounds in seconds, growing; one more counts what is above the last.</param>
internal sealed class DurationBuckets(params double[] bounds)
{
    private readonly Lock _lock = new();
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _sum;

    public IReadOnlyList<double> Bounds => bounds;

    public void Add(double seconds)
    {
        var place = Array.BinarySearch(bounds, seconds);
        lock (_lock)
        {
            _counts[place < 0 ? ~place : place]++;
            _sum += seconds;
        }
    }

    /// <summary>The counts (not added up) and the sum of all durations in seconds.</summary>
    public (long[] Counts, double Sum) Read()
    {
        lock (_lock)
        {
            return ([.. _counts], _sum);
        }
    }
}
