namespace WorkerManagement.Bench.Scenarios;

/// <summary>The cost of a stop beside processes that are nobody's business here.</summary>
internal static class Foreign
{
    private const int Foreigners = 5000, Workers = 100;

    internal static IEnumerable<Finding> Run(Arguments arguments, string containment, CancellationToken cancellationToken)
    {
        var alone = new List<TimeSpan>();
        var crowded = new List<TimeSpan>();
        var limitAlone = new List<TimeSpan>();
        var limitCrowded = new List<TimeSpan>();
        using var product = Subject.Product(containment);
        using var limit = Subject.Limit();
        _ = Measure(product);
        for (var i = 0; i < arguments.Rounds; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            alone.Add(Measure(product));
            limitAlone.Add(Measure(limit));
            using var foreigners = Subject.Foreigners(Foreigners);
            crowded.Add(Measure(product));
            limitCrowded.Add(Measure(limit));
        }

        var ratio = Ratio(crowded, alone);
        yield return new("foreign", $"stop {Workers} of 50 ms beside {Foreigners} foreign processes", containment, "ms", Samples.Of(crowded), Samples.Of(alone), ratio, "≤ 1.2× without", ratio <= 1.2,
            FormattableString.Invariant($"the column of the limit is the product's own stop without them; the limit's stop took {Ratio(limitCrowded, limitAlone):0.00}× beside them"));
    }

    private static double Ratio(List<TimeSpan> crowded, List<TimeSpan> alone) => Samples.Of(crowded.Zip(alone, (one, other) => one / other)).Median;

    private static TimeSpan Measure(Subject subject)
    {
        subject.Start(Workers, "worker 50");
        subject.AwaitReady();
        return subject.Stop(TimeSpan.FromSeconds(10));
    }
}
