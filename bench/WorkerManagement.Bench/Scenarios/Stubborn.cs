namespace WorkerManagement.Bench.Scenarios;

/// <summary>One of a hundred ignores SIGTERM: the stop takes the grace and not much more.</summary>
internal static class Stubborn
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    internal static IEnumerable<Finding> Run(Arguments arguments, string containment, CancellationToken cancellationToken)
    {
        var product = new List<TimeSpan>();
        var limit = new List<TimeSpan>();
        for (var i = 0; i < Math.Min(arguments.Rounds, 3); i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            limit.Add(Measure(Subject.Limit()));
            product.Add(Measure(Subject.Product(containment)));
        }

        yield return Finding.Compare("stubborn", "one of 100 ignores SIGTERM: time beyond the grace of 1 s", containment, product, limit, null) with
        {
            Ratio = null,
            Target = "≤ 50 ms",
            Holds = Samples.Of(product).Median <= 50,
        };
    }

    private static TimeSpan Measure(Subject subject)
    {
        using (subject)
        {
            subject.Start(99, "worker 50");
            subject.Start(1, "ignore");
            subject.AwaitReady();
            return subject.Stop(Grace) - Grace;
        }
    }
}
