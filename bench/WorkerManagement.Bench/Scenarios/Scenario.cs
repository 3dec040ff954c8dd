namespace WorkerManagement.Bench.Scenarios;

/// <summary>The scenarios by name, in the order in which they run.</summary>
internal static class Scenario
{
    private static readonly (string Name, Func<Arguments, string, CancellationToken, IEnumerable<Finding>> Run)[] All =
    [
        ("start-stop", StartStop.Run),
        ("stubborn", Stubborn.Run),
        ("crash", Crash.Run),
        ("status", StatusDuringStop.Run),
        ("foreign", Foreign.Run),
        ("idle", Idle.Run),
        ("logs", Logs.Run),
        ("command", Command.Run),
        ("attacks", Attacks.Run),
        ("chatty", Chatty.Run),
    ];

    // They measure the command as it is published, not this process.
    private static readonly string[] OfTheCommand = ["command", "attacks", "chatty"];

    internal static IReadOnlyList<string> Names { get; } = [.. All.Select(scenario => scenario.Name)];

    internal static IEnumerable<Finding> Run(Arguments arguments, CancellationToken cancellationToken)
    {
        foreach (var containment in arguments.Containments)
        {
            if (containment == "cgroup" && !CanUseCgroups())
            {
                Console.Error.WriteLine("this machine or user has no usable cgroup v2: measured with the tag alone");
                continue;
            }

            foreach (var (name, run) in All)
            {
                if (!arguments.Scenarios.Contains(name))
                {
                    continue;
                }

                if (arguments.Command is null && OfTheCommand.Contains(name))
                {
                    Console.Error.WriteLine($"{name}: not measured; name the published command with --command");
                    continue;
                }

                foreach (var found in run(arguments, containment, cancellationToken))
                {
                    yield return found;
                }
            }
        }
    }

    private static bool CanUseCgroups()
    {
        using var product = Subject.Product("cgroup");
        product.Start(1, "worker 0");
        return product.Ask("about")[2] == 1;
    }
}
