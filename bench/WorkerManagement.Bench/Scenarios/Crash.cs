namespace WorkerManagement.Bench.Scenarios;

/// <summary>From SIGKILL of a worker until a watcher of the manager sees its replacement run; no backoff.</summary>
internal static class Crash
{
    private const int Workers = 20, Times = 200, Rounds = 3;

    internal static IEnumerable<Finding> Run(Arguments arguments, string containment, CancellationToken cancellationToken)
    {
        var product = new List<double>();
        var limit = new List<double>();
        for (var i = 0; i < Rounds; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            limit.AddRange(Measure(Subject.Limit(), Workers));
            product.AddRange(Measure(Subject.Product(containment), Workers));
        }

        var (ours, theirs) = (Samples.Of(product), Samples.Of(limit));
        yield return new("crash", "SIGKILL to replacement running, p50", containment, "ms", ours, theirs, ours.Median / theirs.Median, "p50 ≤ 3 ms", ours.Median <= 3, $"{Times * Rounds} crashes over {Workers} workers");
        yield return new("crash", "the same, p99", containment, "ms", Samples.Of([ours.Percentile(0.99)]), Samples.Of([theirs.Percentile(0.99)]), ours.Percentile(0.99) / theirs.Percentile(0.99), "p99 ≤ 15 ms", ours.Percentile(0.99) <= 15);

        var many = Samples.Of(Measure(Subject.Product(containment), arguments.Workers));
        yield return new("crash", $"the same beside {arguments.Workers} workers, p50", containment, "ms", many);
    }

    private static IEnumerable<double> Measure(Subject subject, int workers)
    {
        using (subject)
        {
            subject.Start(workers, "worker 50");
            subject.AwaitReady();
            return [.. subject.Ask($"crash {Times}").Select(nanoseconds => nanoseconds / 1e6)];
        }
    }
}
