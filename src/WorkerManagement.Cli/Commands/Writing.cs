using System.CommandLine;
using WorkerManagement.Cli.Importing;
using WorkerManagement.Cli.Output;
using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Cli.Commands;

/// <summary>Files for others: a schema for editors, completion for shells, a configuration from somebody else's.</summary>
internal static class Writing
{
    public static void AddTo(CommandLine line)
    {
        line.Add("schema", "Writes the JSON Schema of the configuration", [], [], (call, _, _) => Task.FromResult(call.Say(WorkersFile.Schema.TrimEnd())), 0, 2);

        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        line.Add("completion", "Writes what makes a shell complete verbs, flags and names of workers", [], [shell], (call, parsed, _) => Task.FromResult(call.Say(Completion.For(parsed.GetValue(shell)!, line.Root))), 0, 2);

        var file = new Argument<string>("file") { Description = "Procfile, supervisord.conf, process-compose.yaml or PM2's ecosystem.json" };
        var format = new Option<string?>("--format") { Description = "procfile, supervisord, process-compose or pm2; told by the file's name and content unless given" };
        format.AcceptOnlyFromAmong("procfile", "supervisord", "process-compose", "pm2");
        line.Add("import", "Writes another manager's configuration as one of workers, and says what could not be carried over", [format], [file], (call, parsed, cancel) => ImportVerb.RunAsync(call, parsed.GetValue(file)!, parsed.GetValue(format), cancel), 0, 2);
    }
}
