namespace WorkerManagement.Bench.Scenarios;

/// <summary>How long a call of <c>GetWorkerStatus</c> takes while a thousand workers are being stopped.</summary>
internal static class StatusDuringStop
{
    internal static IEnumerable<Finding> Run(Arguments arguments, string containment, CancellationToken cancellationToken)
    {
        var calls = new List<double>();
        for (var i = 0; i < Math.Min(arguments.Rounds, 3); i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var product = Subject.Product(containment);
            product.Start(arguments.Workers, "worker 50");
            product.AwaitReady();
            calls.AddRange(product.Ask("stop-watched 10000").Select(nanoseconds => nanoseconds / 1e6));
        }

        var all = Samples.Of(calls);
        yield return new("status", $"status of {arguments.Workers} during their stop, p99", containment, "ms", Samples.Of([all.Percentile(0.99)]), Target: "p99 ≤ 1 ms", Holds: all.Percentile(0.99) <= 1,
            Note: FormattableString.Invariant($"{all.Sorted.Count} calls that met a new snapshot, median {all.Median:0.#####} ms, slowest {all.Maximum:0.###} ms (the first of a process compiles it)"));
    }
}
