using System.CommandLine;
using WorkerManagement.Cli.Top;

namespace WorkerManagement.Cli.Commands;

/// <summary>A look that goes on.</summary>
internal static class Watching
{
    public static void AddTo(CommandLine line)
    {
        var once = new Option<bool>("--once") { Description = "One look, as without a terminal" };
        line.Add("top", "Shows the workers live, with processor, memory and last line, and takes keys to start, stop and restart them", [once], [], (call, parsed, cancel) => TopVerb.RunAsync(call, parsed.GetValue(once), cancel));
    }
}
