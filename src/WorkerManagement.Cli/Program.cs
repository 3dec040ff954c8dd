using System.CommandLine;
using WorkerManagement;
using WorkerManagement.Cli;
using WorkerManagement.Posix;

if (TooFewFiles.Refused())
{
    return ExitCodes.Usage;
}

var root = new RootCommand(
    "Starts, watches and stops background workers, and leaves nothing behind.\n\n"
    + "Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 no manager there, 4 not settled in time.");
var state = new Option<string>("--state-dir") { Description = "The manager's directory; $WORKERS_STATE_DIR, else ./.workers", Recursive = true, DefaultValueFactory = _ => Environment.GetEnvironmentVariable("WORKERS_STATE_DIR") is { Length: > 0 } directory ? directory : ".workers" };
var output = new Option<string>("--output", "-o") { Description = "text or json", Recursive = true, DefaultValueFactory = _ => "text" };
output.AcceptOnlyFromAmong("text", "json");
root.Options.Add(state);
root.Options.Add(output);

var timeout = new Option<string?>("--timeout") { Description = "When force begins, such as 10s" };
var name = new Argument<string>("name") { Description = "The worker" };

var file = new Option<string>("--file", "-f") { Description = "The configuration, YAML or JSON", DefaultValueFactory = _ => "workers.yaml" };
Add("run", "Runs the manager in the foreground until SIGTERM or SIGINT", [file], [], (call, parsed, cancel) => RunVerb.RunAsync(parsed.GetValue(file)!, call.StateDirectory, cancel));
var at = new Option<string?>("--at") { Description = "As it was at a time (14:30, 2026-11-26T14:30:05Z) or so long ago (10m), by the journal, with or without a running manager" };
Add("status", "Shows every worker", [at], [], (call, parsed, cancel) => parsed.GetValue(at) is { } time ? EventsVerb.StatusAtAsync(call, time, cancel) : Verbs.ShowAsync(call, cancel));
Add("start", "Starts a worker that is down, or revives one that gave up", [], [name], (call, parsed, cancel) => Verbs.StartAsync(call, "start", parsed.GetValue(name)!, null, cancel));
Add("restart", "Stops and starts a worker", [timeout], [name], (call, parsed, cancel) => Verbs.StartAsync(call, "restart", parsed.GetValue(name)!, parsed.GetValue(timeout), cancel));
var target = new Argument<string?>("type-or-name") { Description = "A worker or a type", Arity = ArgumentArity.ZeroOrOne };
var all = new Option<bool>("--all") { Description = "Everything" };
var plan = new Option<bool>("--plan") { Description = "Only tell what would be done, in which order, and how long it takes at worst" };
Add("stop", "Stops a worker, all of a type, or everything", [all, plan, timeout], [target], (call, parsed, cancel) => Verbs.StopAsync(call, parsed.GetValue(target), parsed.GetValue(all), parsed.GetValue(plan), parsed.GetValue(timeout), cancel));
var until = new Option<string>("--for") { Description = "running, ready or stopped", DefaultValueFactory = _ => "ready" };
var patience = new Option<string>("--timeout") { Description = "How long to wait", DefaultValueFactory = _ => "30s" };
var one = new Argument<string?>("name") { Description = "The worker; all unless given", Arity = ArgumentArity.ZeroOrOne };
Add("wait", "Waits until a worker, or all, are in a state", [until, patience], [one], (call, parsed, cancel) => WaitVerb.WaitAsync(call, parsed.GetValue(one), parsed.GetValue(until)!, parsed.GetValue(patience)!, cancel));
Add("why", "Tells how a worker came to be as it is: its last end, what the manager did, its last output", [], [name], (call, parsed, cancel) => WhyVerb.RunAsync(call, parsed.GetValue(name)!, cancel));

// What workers wrote.
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
Add("logs", "Shows what workers wrote, with or without a running manager. Piped, one worker's lines are as they were written", [lines, follow, from, grep, level, previous, stream, times, raw], [names], (call, parsed, cancel) => LogsVerb.RunAsync(call, new(
    parsed.GetValue(names) ?? [], parsed.GetValue(lines), parsed.GetValue(follow), parsed.GetValue(from), parsed.GetValue(grep), parsed.GetValue(level), parsed.GetValue(previous), parsed.GetValue(stream), parsed.GetValue(times), parsed.GetValue(raw)), cancel));

// What was: the journal, and the crash capsules.
var since = new Option<string?>("--since") { Description = "From a time (14:30, 2026-11-26T14:30:05Z) or so long ago (10m)" };
var ofWorker = new Option<string?>("--worker") { Description = "Only of this worker" };
var on = new Option<bool>("-f", "--follow") { Description = "Wait for more, until Ctrl-C" };
Add("events", "Shows every change of state and incident from the journal, with or without a running manager; -o json gives one JSON object a line", [since, ofWorker, on], [], (call, parsed, cancel) => EventsVerb.RunAsync(call, parsed.GetValue(since), parsed.GetValue(ofWorker), parsed.GetValue(on), cancel));
var capsule = new Argument<string?>("id-or-worker") { Description = "A capsule by its id, or a worker's newest; all are listed unless given", Arity = ArgumentArity.ZeroOrOne };
Add("capsules", "Lists the crash capsules (one for each abnormal end: exit, last output, usage, limits, timeline, what was done), or shows one, with or without a running manager", [], [capsule], (call, parsed, _) => Task.FromResult(CapsulesVerb.Run(call, parsed.GetValue(capsule))));

var signal = new Argument<string>("signal") { Description = "Such as HUP, USR1 or 10" };
Add("signal", "Sends a signal to a worker's own process", [], [name, signal], (call, parsed, cancel) => Verbs.SignalAsync(call, parsed.GetValue(name)!, parsed.GetValue(signal)!, cancel));
Add("reap", "Ends what an earlier manager of this directory left; refused while one runs", [], [], (call, _, cancel) => Verbs.ReapAsync(call, cancel));
Add("verify", "Succeeds only if no process of this directory is unaccounted for", [], [], (call, _, cancel) => Verbs.VerifyAsync(call, cancel));

var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine($"workers: {error.Message}");
    }

    Console.Error.WriteLine("workers: see 'workers --help'");
    return ExitCodes.Usage;
}

return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });

void Add(string verb, string description, Option[] options, Argument[] arguments, Func<Invocation, ParseResult, CancellationToken, Task<int>> act)
{
    var command = new Command(verb, description);
    foreach (var option in options)
    {
        command.Options.Add(option);
    }

    foreach (var argument in arguments)
    {
        command.Arguments.Add(argument);
    }

    command.SetAction(async (result, cancel) =>
    {
        var call = new Invocation(result.GetValue(state)!, result.GetValue(output) == "json", Console.Out, Console.Error);
        try
        {
            return await act(call, result, cancel);
        }
        catch (NoManagerException)
        {
            Console.Error.WriteLine($"workers: no manager runs in '{Path.GetFullPath(call.StateDirectory)}'; start one with 'workers run', or name its directory with --state-dir");
            return ExitCodes.NoManager;
        }
        catch (WorkerManagementException exception)
        {
            Console.Error.WriteLine($"workers: {exception.Message}");
            return verb is "run" or "reap" ? ExitCodes.Usage : ExitCodes.Failed;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PosixException)
        {
            // The machine refuses something that no code here foresaw; its own words are better than a stack trace.
            Console.Error.WriteLine($"workers: '{verb}' in '{Path.GetFullPath(call.StateDirectory)}' failed: {exception.Message}");
            return verb is "run" or "reap" ? ExitCodes.Usage : ExitCodes.Failed;
        }
    });
    root.Subcommands.Add(command);
}
