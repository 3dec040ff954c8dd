using System.CommandLine;

namespace WorkerManagement.Cli.Commands;

/// <summary>Other workers than those that run.</summary>
internal static class Changing
{
    public static void AddTo(CommandLine line)
    {
        var file = new Option<string>("--file", "-f") { Description = "The configuration, YAML or JSON", DefaultValueFactory = _ => "workers.yaml" };
        var plan = new Option<bool>("--plan") { Description = "Only tell what would be done, in which order, and how long it takes at worst" };
        line.Add("plan", "Tells how the workers differ from a configuration, and what apply would do", [file], [], (call, parsed, cancel) => ApplyVerbs.ApplyAsync(call, parsed.GetValue(file), plan: true, cancel));
        line.Add("apply", "Makes the workers what a configuration says; those that are so already keep their processes", [file, plan], [], (call, parsed, cancel) => ApplyVerbs.ApplyAsync(call, parsed.GetValue(file), parsed.GetValue(plan), cancel));
        line.Add("reload", "Applies the file that 'workers run' was started with, as it is now", [plan], [], (call, parsed, cancel) => ApplyVerbs.ApplyAsync(call, null, parsed.GetValue(plan), cancel));

        var type = new Argument<string>("type") { Description = "The type" };
        var replicas = new Argument<int>("replicas") { Description = "How many; the last ones go first" };
        line.Add("scale", "Brings the replicas of a type to a number", [plan], [type, replicas], (call, parsed, cancel) => ApplyVerbs.ScaleAsync(call, parsed.GetValue(type)!, parsed.GetValue(replicas), parsed.GetValue(plan), cancel));
    }
}
