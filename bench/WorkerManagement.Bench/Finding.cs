namespace WorkerManagement.Bench;

/// <summary>One line of the table.</summary>
/// <param name="Scenario">The scenario's name.</param>
/// <param name="What">What was measured.</param>
/// <param name="Containment">What contained the workers.</param>
/// <param name="Unit">The unit of the figures.</param>
/// <param name="Product">The product's figures.</param>
/// <param name="Limit">The limit's figures of the same run, where there are any.</param>
/// <param name="Ratio">The median over the rounds of product to limit.</param>
/// <param name="Target">The target in words; empty when it is only shown.</param>
/// <param name="Holds">Whether it is met; null when there is none.</param>
/// <param name="Note">What a reader should know.</param>
internal sealed record Finding(
    string Scenario,
    string What,
    string Containment,
    string Unit,
    Samples Product,
    Samples? Limit = null,
    double? Ratio = null,
    string Target = "",
    bool? Holds = null,
    string Note = "")
{
    /// <summary>Two series that alternated: the ratio is taken within each round, so that what disturbs a round disturbs both sides of it.</summary>
    internal static Finding Compare(string scenario, string what, string containment, IReadOnlyList<TimeSpan> product, IReadOnlyList<TimeSpan> limit, double? bound, string note = "")
    {
        var ratio = Samples.Of(product.Zip(limit, (one, other) => one / other)).Median;
        return new(scenario, what, containment, "ms", Samples.Of(product), Samples.Of(limit), ratio, bound is { } most ? $"≤ {most:0.##}× limit" : "", bound is null ? null : ratio <= bound, note);
    }
}
