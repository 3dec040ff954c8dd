using System.CommandLine;

namespace WorkerManagement.Cli.Commands;

/// <summary>The manager itself.</summary>
internal static class Running
{
    public static void AddTo(CommandLine line)
    {
        var file = new Option<string>("--file", "-f") { Description = "The configuration, YAML or JSON", DefaultValueFactory = _ => "workers.yaml" };
        var listen = new Option<string?>("--listen") { Description = "Also serve API and dashboard over TCP, such as 127.0.0.1:8080; needs the token in the state directory" };
        line.Add("run", "Runs the manager in the foreground until SIGTERM or SIGINT", [file, listen], [], (call, parsed, cancel) => RunVerb.RunAsync(parsed.GetValue(file)!, call.StateDirectory, parsed.GetValue(listen), cancel), 0, 2);
        line.Add("mcp", "Speaks MCP on standard input and output for a coding assistant, and passes its calls on to the running manager, until the input ends", [], [], (call, _, cancel) => McpVerb.RunAsync(call, cancel), 0, 1, 2);
    }
}
