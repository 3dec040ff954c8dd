using System.CommandLine;

namespace WorkerManagement.Cli.Commands;

/// <summary>What is, what was, and why.</summary>
internal static class Observing
{
    public static void AddTo(CommandLine line)
    {
        var name = new Argument<string>("name") { Description = "The worker" };
        var at = new Option<string?>("--at") { Description = "As it was at a time (14:30, 2026-11-26T14:30:05Z) or so long ago (10m), by the journal, with or without a running manager" };
        var some = new Argument<string[]>("type-or-name") { Description = "Workers or types; all unless given", Arity = ArgumentArity.ZeroOrMore };
        line.Add("status", "Shows every worker, or some", [at], [some], (call, parsed, cancel) => StatusVerb.RunAsync(call, parsed.GetValue(some) ?? [], parsed.GetValue(at), cancel));
        var since = new Option<string?>("--since") { Description = "From a time (14:30, 2026-11-26T14:30:05Z) or so long ago (10m)" };
        var ofWorker = new Option<string?>("--worker") { Description = "Only of this worker" };
        var on = new Option<bool>("-f", "--follow") { Description = "Wait for more, until Ctrl-C" };
        line.Add("events", "Shows every change of state and incident from the journal, with or without a running manager; -o json gives one JSON object a line", [since, ofWorker, on], [], (call, parsed, cancel) => EventsVerb.RunAsync(call, parsed.GetValue(since), parsed.GetValue(ofWorker), parsed.GetValue(on), cancel), 0, 1, 2);
        var capsule = new Argument<string?>("id-or-worker") { Description = "A capsule by its id, or a worker's newest; all are listed unless given", Arity = ArgumentArity.ZeroOrOne };
        line.Add("capsules", "Lists the crash capsules (one for each abnormal end: exit, last output, usage, limits, timeline, what was done), or shows one, with or without a running manager", [], [capsule], (call, parsed, _) => Task.FromResult(CapsulesVerb.Run(call, parsed.GetValue(capsule))), 0, 1, 2);
        line.Add("why", "Tells how a worker came to be as it is: its last end, what the manager did, its last output", [], [name], (call, parsed, cancel) => WhyVerb.RunAsync(call, parsed.GetValue(name)!, cancel));

        var names = new Argument<string[]>("name") { Description = "The workers, merged in the order of time; all unless given", Arity = ArgumentArity.ZeroOrMore };
        var lines = new Option<int?>("-n", "--lines") { Description = "How many lines back to begin: 100 of one worker, 20 of each of several, all with --since, unless given" };
        var follow = new Option<bool>("-f", "--follow") { Description = "Wait for more, across rotations and restarts, until Ctrl-C" };
        var from = new Option<string?>("--since") { Description = "From a time (14:30, 2026-11-26T14:30:05Z) or so long ago (10m)" };
        var grep = new Option<string?>("--grep") { Description = "Only lines that match this regular expression" };
        var level = new Option<string?>("--level") { Description = "Only lines at least as severe: trace, debug, info, warn, error, fatal. JSON lines are understood; a line that does not say is info, an indented one as the one before it" };
        var previous = new Option<bool>("--previous") { Description = "Only of the run before the newest" };
        var stream = new Option<string?>("--stream") { Description = "stdout or stderr alone" };
        stream.AcceptOnlyFromAmong("stdout", "stderr");
        var times = new Option<bool>("-t", "--timestamps") { Description = "With times when piped, too; a terminal gets them anyway" };
        var raw = new Option<bool>("--raw") { Description = "The bytes as they were written, escape sequences too" };
        line.Add("logs", "Shows what workers wrote, with or without a running manager. Piped, one worker's lines are as they were written", [lines, follow, from, grep, level, previous, stream, times, raw], [names], (call, parsed, cancel) => LogsVerb.RunAsync(call, new(
            parsed.GetValue(names) ?? [], parsed.GetValue(lines), parsed.GetValue(follow), parsed.GetValue(from), parsed.GetValue(grep), parsed.GetValue(level), parsed.GetValue(previous), parsed.GetValue(stream), parsed.GetValue(times), parsed.GetValue(raw)), cancel), 0, 1, 2);
    }
}
