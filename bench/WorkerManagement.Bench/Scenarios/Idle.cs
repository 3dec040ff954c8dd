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
        using var empty = Subject.EmptyRuntime();
        Pause(Quiet, cancellationToken);
        var processes = new[] { ("guard", guard), ("keeper", keeper), ("manager", product.Pid), ("nothing", empty.Pid) };
        var before = processes.ToDictionary(process => process.Item1, process => ProcReadings.Switches(process.Item2));
        Pause(Quiet, cancellationToken);
        var awake = processes.ToDictionary(process => process.Item1, process => Awake(before[process.Item1], ProcReadings.Switches(process.Item2)));
        foreach (var (name, _) in processes.Where(process => process.Item1 != "nothing"))
        {
            // The runtime's finalizer thread looks up every 10 s (LINUX_HEAP_DUMP_TIME_OUT in its finalizerthread.cpp), in an empty program too.
            var ours = awake[name].Where(thread => !(name == "manager" && thread.Thread.StartsWith(".NET Finalizer", StringComparison.Ordinal))).Sum(thread => thread.Count);
            var runtime = awake[name].Sum(thread => thread.Count) - ours;
            yield return new("idle", $"context switches of the {name} in {Quiet.TotalSeconds:0} s", containment, "", Samples.Of([(double)ours]), Target: "0", Holds: ours == 0,
                Note: name == "manager" ? $"{runtime} more of the .NET runtime's finalizer thread, which are not counted; an empty .NET process beside it: {Describe(awake["nothing"])}{(ours > 0 ? $"; who woke: {Describe(awake[name])}" : "")}" : ours > 0 ? $"who woke: {Describe(awake[name])}" : "");
        }
    }

    private static IReadOnlyList<(string Thread, long Count)> Awake(Dictionary<string, long> before, Dictionary<string, long> after) =>
        [.. after.Select(thread => (thread.Key, thread.Value - before.GetValueOrDefault(thread.Key))).Where(thread => thread.Item2 > 0)];

    private static string Describe(IReadOnlyList<(string Thread, long Count)> awake) =>
        awake.Count == 0 ? "none" : string.Join(", ", awake.Select(thread => $"{thread.Thread}: {thread.Count}"));

    private static void Pause(TimeSpan time, CancellationToken cancellationToken)
    {
        cancellationToken.WaitHandle.WaitOne(time);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
