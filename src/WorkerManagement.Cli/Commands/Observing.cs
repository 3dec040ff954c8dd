using System.CommandLine;

namespace WorkerManagement.Cli.Commands;

/// <summary>What is, what was, and why.</summary>
internal static class Observing
{
    public static void AddTo(CommandLine line)
    {
        var name = new Argument<string>("name") { Description = "The worker" };
        line.Add("status", "Shows every worker", [], [], (call, _, cancel) => Verbs.ShowAsync(call, cancel));
        line.Add("why", "Tells how a worker came to be as it is: its last end, what the manager did, its last output", [], [name], (call, parsed, cancel) => WhyVerb.RunAsync(call, parsed.GetValue(name)!, cancel));

        var lines = new Option<int>("-n", "--lines") { Description = "How many lines back to begin", DefaultValueFactory = _ => 100 };
        var follow = new Option<bool>("-f", "--follow") { Description = "Wait for more, across rotations and restarts, until Ctrl-C" };
        line.Add("logs", "Shows what a worker wrote, with or without a running manager", [lines, follow], [name], (call, parsed, cancel) => LogsVerb.RunAsync(call, parsed.GetValue(name)!, parsed.GetValue(lines), parsed.GetValue(follow), cancel), 0, 1, 2);
    }
}
