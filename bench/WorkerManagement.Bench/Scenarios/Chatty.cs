namespace WorkerManagement.Bench.Scenarios;

/// <summary>A hundred workers that write as fast as they can: what the slowest got taken from it, of what they got on average.</summary>
internal static class Chatty
{
    private const int Workers = 100;

    private static readonly TimeSpan Writing = TimeSpan.FromSeconds(5);

    internal static IEnumerable<Finding> Run(Arguments arguments, string containment, CancellationToken cancellationToken)
    {
        using var witness = new Witness();
        using var command = new RunningCommand(arguments.Command!, containment, Enumerable.Range(0, Workers).Select(i => ($"c{i}",
            $$"""{ "type": "chatty", "command": ["{{Machine.Limit}}", "chatter", "0", "{{witness.Path}}"], "logs": { "maximum_size": "1MB", "files": 2 } }""")));
        command.AwaitReady(cancellationToken);
        cancellationToken.WaitHandle.WaitOne(Writing);
        cancellationToken.ThrowIfCancellationRequested();
        _ = command.Post("/v1/types/chatty/stop");
        var lines = witness.Next(Workers).Select(number => (double)number).ToArray();
        var share = lines.Min() / lines.Average();
        yield return new("chatty", $"{Workers} workers write as fast as they can: the slowest, over the mean", containment, "", Samples.Of([share]), Target: "≥ 0.5", Holds: share >= 0.5,
            Note: FormattableString.Invariant($"{lines.Min():0} lines of 100 bytes, mean {lines.Average():0}, most {lines.Max():0}, in about {Writing.TotalSeconds:0} s"));
    }
}
