namespace WorkerManagement.Bench;

/// <summary>Figures of one kind.</summary>
internal sealed record Samples(IReadOnlyList<double> Sorted)
{
    internal static Samples Of(IEnumerable<double> values) => new([.. values.Order()]);

    internal static Samples Of(IEnumerable<TimeSpan> values) => Of(values.Select(value => value.TotalMilliseconds));

    internal double Median => Percentile(0.5);

    internal double Minimum => Sorted[0];

    internal double Maximum => Sorted[^1];

    /// <summary>The smallest figure that is at least as large as this share of all.</summary>
    internal double Percentile(double share) => Sorted[Math.Clamp((int)Math.Ceiling(Sorted.Count * share) - 1, 0, Sorted.Count - 1)];
}
