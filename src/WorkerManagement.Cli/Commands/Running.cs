using System.CommandLine;

namespace WorkerManagement.Cli.Commands;

/// <summary>The manager itself.</summary>
internal static class Running
{
    public static void AddTo(CommandLine line)
    {
        var file = new Option<string>("--file", "-f") { Description = "The configuration, YAML or JSON", DefaultValueFactory = _ => "workers.yaml" };
        line.Add("run", "Runs the manager in the foreground until SIGTERM or SIGINT", [file], [], (call, parsed, cancel) => RunVerb.RunAsync(parsed.GetValue(file)!, call.StateDirectory, cancel), 0, 2);
    }
}
