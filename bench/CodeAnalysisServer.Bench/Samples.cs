namespace CodeAnalysisServer.Bench;

/// <summary>Measured values.</summary>
internal static class Samples
{
    public static double Median(this IEnumerable<double> samples) => samples.Quantile(0.5);

    public static double Quantile(this IEnumerable<double> samples, double part)
    {
        var sorted = samples.Order().ToArray();
        return sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * part)];
    }
}
