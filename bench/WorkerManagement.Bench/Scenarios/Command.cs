namespace WorkerManagement.Bench.Scenarios;

/// <summary>The published command: its memory with a thousand workers, at rest and after it was asked, and how fast it answers.</summary>
internal static class Command
{
    private const int Times = 50;

    internal static IEnumerable<Finding> Run(Arguments arguments, string containment, CancellationToken cancellationToken)
    {
        // Each of its own type: the worst that a file can say.
        using var command = new RunningCommand(arguments.Command!, containment,
            Enumerable.Range(0, arguments.Workers).Select(i => ($"w{i}", $$"""{ "command": ["{{Machine.Limit}}", "worker", "50"] }""")));
        command.AwaitReady(cancellationToken);
        cancellationToken.WaitHandle.WaitOne(TimeSpan.FromSeconds(2));
        var rest = ProcReadings.ResidentBytes(command.Pid) / 1e6;
        yield return new("command", $"resident memory of workers run with {arguments.Workers} workers", containment, "MB", Samples.Of([rest]), Target: "≤ 40 MB", Holds: rest <= 40,
            Note: FormattableString.Invariant($"proportional (PSS) {ProcReadings.ProportionalBytes(command.Pid) / 1e6:0.#} MB"));
        _ = command.Time("status");
        var status = Samples.Of(Enumerable.Range(0, Times).Select(_ => command.Time("status")));
        yield return new("command", $"workers status of {arguments.Workers}, from the launch of the command to its end", containment, "ms", status, Target: "p50 ≤ 50 ms", Holds: status.Median <= 50);
        var first = Samples.Of(Enumerable.Range(0, Times).Select(_ => RunningCommand.Time(arguments.Command!, ["--help"])));
        yield return new("command", "workers --help, from the launch of the command to its end", containment, "ms", first, Target: "p50 ≤ 30 ms", Holds: first.Median <= 30);
        var asked = ProcReadings.ResidentBytes(command.Pid) / 1e6;
        yield return new("command", $"resident memory after {Times + 1} times status", containment, "MB", Samples.Of([asked]), Note: FormattableString.Invariant($"{asked - rest:0.#} MB more than before"));
    }
}
