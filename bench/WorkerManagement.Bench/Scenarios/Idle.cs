namespace WorkerManagement.Bench.Scenarios;

/// <summary>Memory of guard and keeper with a thousand workers, and whether anything of ours wakes while nothing happens.</summary>
internal static class Idle
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(20);

    internal static IEnumerable<Finding> Run(Arguments arguments, string containment, CancellationToken cancellationToken)
    {
        using var product = Subject.Product(containment);
        product.Start(arguments.Workers, "worker 50");
        product.AwaitReady();
        var about = product.Ask("about");
        var (guard, keeper) = ((int)about[0], (int)about[1]);

        var resident = (ProcReadings.ResidentBytes(guard) + ProcReadings.ResidentBytes(keeper)) / 1e6;
        var proportional = (ProcReadings.ProportionalBytes(guard) + ProcReadings.ProportionalBytes(keeper)) / 1e6;
        yield return new("idle", $"resident memory of guard and keeper with {arguments.Workers} workers", containment, "MB", Samples.Of([resident]), Target: "≤ 8 MB", Holds: resident <= 8,
            Note: FormattableString.Invariant($"{(about[3] == 1 ? "native" : "framework-dependent")} guard; proportional (PSS) {proportional:0.##} MB"));

        // What the start left to do (tiered compilation, the thread pool letting threads go) is over after this.
        Pause(Quiet, cancellationToken);
        var processes = new[] { ("guard", guard), ("keeper", keeper), ("manager", product.Pid) };
        var before = processes.ToDictionary(process => process.Item1, process => ProcReadings.Switches(process.Item2));
        Pause(Quiet, cancellationToken);
        foreach (var (name, pid) in processes)
        {
            var awake = ProcReadings.Switches(pid).Select(thread => (thread.Key, Count: thread.Value - before[name].GetValueOrDefault(thread.Key))).Where(thread => thread.Count > 0).ToArray();
            var sum = awake.Sum(thread => thread.Count);
            yield return new("idle", $"context switches of the {name} in {Quiet.TotalSeconds:0} s", containment, "", Samples.Of([(double)sum]), Target: "0", Holds: sum == 0,
                Note: awake.Length == 0 ? "" : $"who woke: {string.Join(", ", awake.Select(thread => $"{thread.Key}: {thread.Count}"))}");
        }
    }

    private static void Pause(TimeSpan time, CancellationToken cancellationToken)
    {
        cancellationToken.WaitHandle.WaitOne(time);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
