namespace WorkerManagement.Bench.Scenarios;

/// <summary>
/// Starting many, and stopping many that each need 50 ms. Cold is from the launch of the process, manager and guard not there yet; warm is
/// the second start in the same process.
/// </summary>
internal static class StartStop
{
    private const string Worker = "worker 50";

    private sealed record Round(TimeSpan Cold, TimeSpan Warm, TimeSpan FirstStop, TimeSpan SecondStop, TimeSpan StartCost, TimeSpan StopCost);

    internal static IEnumerable<Finding> Run(Arguments arguments, string containment, CancellationToken cancellationToken)
    {
        var product = new List<Round>();
        var limit = new List<Round>();
        for (var i = 0; i < arguments.Rounds; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            limit.Add(Measure(Subject.Limit(), arguments.Workers));
            product.Add(Measure(Subject.Product(containment), arguments.Workers));
        }

        var n = arguments.Workers;
        yield return Finding.Compare("start-stop", $"start {n}, from the launch of the process", containment, [.. product.Select(round => round.Cold)], [.. limit.Select(round => round.Cold)], 1.5, "the target's figure: runtime, library and guard start within it");
        yield return Finding.Compare("start-stop", $"start {n}, warm", containment, [.. product.Select(round => round.Warm)], [.. limit.Select(round => round.Warm)], 1.5);
        yield return Finding.Compare("start-stop", $"stop {n} of 50 ms, first", containment, [.. product.Select(round => round.FirstStop)], [.. limit.Select(round => round.FirstStop)], 1.5, "the target's figure: nothing of the stop was compiled before");
        yield return Finding.Compare("start-stop", $"stop {n} of 50 ms, warm", containment, [.. product.Select(round => round.SecondStop)], [.. limit.Select(round => round.SecondStop)], 1.5);
        yield return Finding.Compare("start-stop", $"processor time of the warm start, without the workers'", containment, [.. product.Select(round => round.StartCost)], [.. limit.Select(round => round.StartCost)], null);
        yield return Finding.Compare("start-stop", $"processor time of the warm stop, without the workers'", containment, [.. product.Select(round => round.StopCost)], [.. limit.Select(round => round.StopCost)], null);
    }

    private static Round Measure(Subject subject, int workers)
    {
        using (subject)
        {
            subject.Start(workers, Worker);
            var cold = subject.Age;
            subject.AwaitReady();
            var firstStop = subject.Stop(TimeSpan.FromSeconds(10));
            var spent = subject.ProcessorTime();
            var warm = subject.Start(workers, Worker);
            var spentAtStart = subject.ProcessorTime() - spent;
            subject.AwaitReady();
            spent = subject.ProcessorTime();
            var secondStop = subject.Stop(TimeSpan.FromSeconds(10));
            return new(cold, warm, firstStop, secondStop, spentAtStart, subject.ProcessorTime() - spent);
        }
    }
}
