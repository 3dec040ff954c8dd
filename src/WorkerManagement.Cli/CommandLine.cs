using System.CommandLine;
using WorkerManagement.Cli.Commands;
using WorkerManagement.Posix;

namespace WorkerManagement.Cli;

/// <summary>The words that the command understands: every verb with its flags, and what all of them share.</summary>
internal sealed class CommandLine
{
    private readonly Option<string> _state = new("--state-dir") { Description = "The manager's directory; $WORKERS_STATE_DIR, else ./.workers", Recursive = true, DefaultValueFactory = _ => Environment.GetEnvironmentVariable("WORKERS_STATE_DIR") is { Length: > 0 } directory ? directory : ".workers" };
    private readonly Option<string> _output = new("--output", "-o") { Description = "text or json", Recursive = true, DefaultValueFactory = _ => "text" };

    public CommandLine()
    {
        _output.AcceptOnlyFromAmong("text", "json");
        Root.Options.Add(_state);
        Root.Options.Add(_output);
        Running.AddTo(this);
        Observing.AddTo(this);
        Acting.AddTo(this);
        Cleaning.AddTo(this);
    }

    public RootCommand Root { get; } = new(
        "Starts, watches and stops background workers, and leaves nothing behind.\n\n"
        + "Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 no manager there, 4 not settled in time.");

    public async Task<int> RunAsync(string[] words)
    {
        var parsed = Root.Parse(words);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync($"workers: {error.Message}").ConfigureAwait(false);
            }

            await Console.Error.WriteLineAsync("workers: see 'workers --help'").ConfigureAwait(false);
            return ExitCodes.Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }).ConfigureAwait(false);
    }

    /// <summary>Adds a verb.</summary>
    public void Add(string verb, string description, Option[] options, Argument[] arguments, Func<Invocation, ParseResult, CancellationToken, Task<int>> act)
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

        command.SetAction((result, cancel) => ActAsync(verb, result, act, cancel));
        Root.Subcommands.Add(command);
    }

    private async Task<int> ActAsync(string verb, ParseResult result, Func<Invocation, ParseResult, CancellationToken, Task<int>> act, CancellationToken cancellationToken)
    {
        var call = new Invocation(result.GetValue(_state)!, result.GetValue(_output) == "json", Console.Out, Console.Error);
        try
        {
            return await act(call, result, cancellationToken).ConfigureAwait(false);
        }
        catch (NoManagerException)
        {
            await Console.Error.WriteLineAsync($"workers: no manager runs in '{Path.GetFullPath(call.StateDirectory)}'; start one with 'workers run', or name its directory with --state-dir").ConfigureAwait(false);
            return ExitCodes.NoManager;
        }
        catch (WorkerManagementException exception)
        {
            await Console.Error.WriteLineAsync($"workers: {exception.Message}").ConfigureAwait(false);
            return verb is "run" or "reap" ? ExitCodes.Usage : ExitCodes.Failed;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PosixException)
        {
            // The machine refuses something that no code here foresaw; its own words are better than a stack trace.
            await Console.Error.WriteLineAsync($"workers: '{verb}' in '{Path.GetFullPath(call.StateDirectory)}' failed: {exception.Message}").ConfigureAwait(false);
            return verb is "run" or "reap" ? ExitCodes.Usage : ExitCodes.Failed;
        }
    }
}
