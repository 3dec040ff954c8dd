using System.CommandLine;

namespace WorkerManagement.Cli.Commands;

/// <summary>Starting, stopping, signalling, and waiting for what comes of it.</summary>
internal static class Acting
{
    public static void AddTo(CommandLine line)
    {
        var name = new Argument<string>("name") { Description = "The worker" };
        var timeout = new Option<string?>("--timeout") { Description = "When force begins, such as 10s" };
        var plan = new Option<bool>("--plan") { Description = "Only tell what would be done, in which order, and how long it takes at worst" };
        line.Add("start", "Starts a worker that is down, or revives one that gave up", [], [name], (call, parsed, cancel) => Verbs.StartAsync(call, parsed.GetValue(name)!, cancel));
        line.Add("restart", "Stops and starts a worker", [plan, timeout], [name], (call, parsed, cancel) => Verbs.RestartAsync(call, parsed.GetValue(name)!, parsed.GetValue(plan), parsed.GetValue(timeout), cancel));

        var target = new Argument<string?>("type-or-name") { Description = "A worker or a type", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = "Everything" };
        line.Add("stop", "Stops a worker, all of a type, or everything", [all, plan, timeout], [target], (call, parsed, cancel) => StopVerb.RunAsync(call, parsed.GetValue(target), parsed.GetValue(all), parsed.GetValue(plan), parsed.GetValue(timeout), cancel), 0, 1, 2, 3, 4);

        var signal = new Argument<string>("signal") { Description = "Such as HUP, USR1 or 10" };
        line.Add("signal", "Sends a signal to a worker's own process", [], [name, signal], (call, parsed, cancel) => Verbs.SignalAsync(call, parsed.GetValue(name)!, parsed.GetValue(signal)!, cancel));

        var until = new Option<string>("--for") { Description = "running, ready or stopped", DefaultValueFactory = _ => "ready" };
        var patience = new Option<string>("--timeout") { Description = "How long to wait", DefaultValueFactory = _ => "30s" };
        var one = new Argument<string?>("name") { Description = "The worker; all unless given", Arity = ArgumentArity.ZeroOrOne };
        line.Add("wait", "Waits until a worker, or all, are in a state; a manager that was just launched has 2 s to listen", [until, patience], [one], (call, parsed, cancel) => WaitVerb.WaitAsync(call, parsed.GetValue(one), parsed.GetValue(until)!, parsed.GetValue(patience)!, cancel), 0, 1, 2, 3, 4);
    }
}
