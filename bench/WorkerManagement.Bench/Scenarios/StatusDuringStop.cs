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

        var all = Samples.Of([.. calls.Select(Math.Abs)]);
        var making = Samples.Of([.. calls.Where(call => call < 0).Select(Math.Abs)]);
        yield return new("status", $"status of {arguments.Workers} during their stop, p99", containment, "ms", Samples.Of([all.Percentile(0.99)]), Target: "p99 ≤ 1 ms", Holds: all.Percentile(0.99) <= 1,
            Note: FormattableString.Invariant($"{all.Sorted.Count} calls, slowest {all.Maximum:0.###} ms; {making.Sorted.Count} of them met a new snapshot and made the report: median {making.Median:0.###} ms, slowest {making.Maximum:0.###} ms"));
    }
}
