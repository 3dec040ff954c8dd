using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace WorkerManagement.Cli.Output;

/// <summary>The usual help, and the exit codes that this verb can end with.</summary>
internal sealed class HelpWithExits(HelpAction usual, Func<string, IEnumerable<int>> exitsOf) : SynchronousCommandLineAction
{
    // Help is help, whatever else is missing on the line.
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        _ = usual.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine($"Exit codes:\n  {ExitCodes.Describe(exitsOf(parseResult.CommandResult.Command.Name))}");
        return ExitCodes.Done;
    }
}
