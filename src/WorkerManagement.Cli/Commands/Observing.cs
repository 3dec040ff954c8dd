using System.CommandLine;

namespace WorkerManagement.Cli.Commands;

/// <summary>What is, what was, and why.</summary>
internal static class Observing
{
    public static void AddTo(CommandLine line)
    {
        var name = new Argument<string>("name") { Description = "The worker" };
        var at = new Option<string?>("--at") { Description = "As it was at a time (14:30, 2026-11-26T14:30:05Z) or so long ago (10m), by the journal, with or without a running manager" };
        line.Add("status", "Shows every worker", [at], [], (call, parsed, cancel) => parsed.GetValue(at) is { } time ? EventsVerb.StatusAtAsync(call, time, cancel) : Verbs.ShowAsync(call, cancel));
        var since = new Option<string?>("--since") { Description = "From a time (14:30, 2026-11-26T14:30:05Z) or so long ago (10m)" };
        var ofWorker = new Option<string?>("--worker") { Description = "Only of this worker" };
        var on = new Option<bool>("-f", "--follow") { Description = "Wait for more, until Ctrl-C" };
        line.Add("events", "Shows every change of state and incident from the journal, with or without a running manager; -o json gives one JSON object a line", [since, ofWorker, on], [], (call, parsed, cancel) => EventsVerb.RunAsync(call, parsed.GetValue(since), parsed.GetValue(ofWorker), parsed.GetValue(on), cancel), 0, 1, 2);
        var capsule = new Argument<string?>("id-or-worker") { Description = "A capsule by its id, or a worker's newest; all are listed unless given", Arity = ArgumentArity.ZeroOrOne };
        line.Add("capsules", "Lists the crash capsules (one for each abnormal end: exit, last output, usage, limits, timeline, what was done), or shows one, with or without a running manager", [], [capsule], (call, parsed, _) => Task.FromResult(CapsulesVerb.Run(call, parsed.GetValue(capsule))), 0, 1, 2);
        line.Add("why", "Tells how a worker came to be as it is: its last end, what the manager did, its last output", [], [name], (call, parsed, cancel) => WhyVerb.RunAsync(call, parsed.GetValue(name)!, cancel));

        var lines = new Option<int>("-n", "--lines") { Description = "How many lines back to begin", DefaultValueFactory = _ => 100 };
        var follow = new Option<bool>("-f", "--follow") { Description = "Wait for more, across rotations and restarts, until Ctrl-C" };
        line.Add("logs", "Shows what a worker wrote, with or without a running manager", [lines, follow], [name], (call, parsed, cancel) => LogsVerb.RunAsync(call, parsed.GetValue(name)!, parsed.GetValue(lines), parsed.GetValue(follow), cancel), 0, 1, 2);
    }
}
