using System.CommandLine;
using System.CommandLine.Help;
using WorkerManagement.Cli.Commands;
using WorkerManagement.Cli.Output;
using WorkerManagement.Posix;

namespace WorkerManagement.Cli;

/// <summary>The words that the command understands: every verb with its flags, and what all of them share.</summary>
internal sealed class CommandLine
{
    private static readonly int[] UsualExits = [ExitCodes.Done, ExitCodes.Failed, ExitCodes.Usage, ExitCodes.NoManager];

    private readonly Option<string> _state = new("--state-dir") { Description = "The manager's directory; $WORKERS_STATE_DIR, else ./.workers", Recursive = true, DefaultValueFactory = _ => Environment.GetEnvironmentVariable("WORKERS_STATE_DIR") is { Length: > 0 } directory ? directory : ".workers" };
    private readonly Option<string> _output = new("--output", "-o") { Description = "text or json", Recursive = true, DefaultValueFactory = _ => "text" };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Names alone in tables, and no word where all went well", Recursive = true };
    private readonly Option<bool> _noHeaders = new("--no-headers") { Description = "Tables without the line of column names", Recursive = true };
    private readonly Dictionary<string, int[]> _exits = [];

    private readonly Lazy<TextWriter> _out = new(() => new StreamWriter(Screen.Open()) { AutoFlush = true });

    public CommandLine()
    {
        _output.AcceptOnlyFromAmong("text", "json");
        Root.Options.Add(_state);
        Root.Options.Add(_output);
        Root.Options.Add(_quiet);
        Root.Options.Add(_noHeaders);
        Root.Options.Remove(Root.Options.OfType<HelpOption>().Single());
        var help = new HelpOption("--help", "-h", "-?") { Recursive = true };
        Root.Options.Insert(0, help);
        help.Action = new HelpWithExits((HelpAction)help.Action!, ExitsOf);
        Running.AddTo(this);
        Observing.AddTo(this);
        Watching.AddTo(this);
        Acting.AddTo(this);
        Changing.AddTo(this);
        Cleaning.AddTo(this);
        Writing.AddTo(this);
    }

    public RootCommand Root { get; } = new("Starts, watches and stops background workers, and leaves nothing behind.");

    /// <summary>The exit codes of a verb; all that there are for the command itself.</summary>
    public IEnumerable<int> ExitsOf(string verb) => _exits.TryGetValue(verb, out var exits) ? exits : [.. UsualExits, ExitCodes.NotSettled];

    public async Task<int> RunAsync(string[] words)
    {
        if (!ProcessControl.HasDirectory)
        {
            await Console.Error.WriteLineAsync("workers: the working directory was removed; go to one that exists (cd /), and try again").ConfigureAwait(false);
            return ExitCodes.Usage;
        }

        var parsed = Root.Parse(words);
        if (parsed.Action is not HelpWithExits && Mistakes.Of(parsed) is { Length: > 0 } mistakes)
        {
            foreach (var mistake in mistakes)
            {
                await Console.Error.WriteLineAsync($"workers: {mistake}").ConfigureAwait(false);
            }

            var verb = parsed.CommandResult.Command is RootCommand ? "" : $" {parsed.CommandResult.Command.Name}";
            await Console.Error.WriteLineAsync($"workers: see 'workers{verb} --help'").ConfigureAwait(false);
            return ExitCodes.Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { Output = _out.Value, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }).ConfigureAwait(false);
    }

    /// <summary>Adds a verb.</summary>
    /// <param name="verb">Its word.</param>
    /// <param name="description">What it does, in a line.</param>
    /// <param name="options">Its own flags.</param>
    /// <param name="arguments">Its arguments, in order.</param>
    /// <param name="act">What it does.</param>
    /// <param name="exits">What it may end with; 0, 1, 2 and 3 unless given.</param>
    public void Add(string verb, string description, Option[] options, Argument[] arguments, Func<Invocation, ParseResult, CancellationToken, Task<int>> act, params int[] exits)
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
        _exits[verb] = exits.Length == 0 ? UsualExits : exits;
    }

    private async Task<int> ActAsync(string verb, ParseResult result, Func<Invocation, ParseResult, CancellationToken, Task<int>> act, CancellationToken cancellationToken)
    {
        var call = new Invocation(result.GetValue(_state)!, result.GetValue(_output) == "json", _out.Value, Console.Error)
        {
            Quiet = result.GetValue(_quiet),
            Headers = !result.GetValue(_noHeaders),
            Screen = Screen.Find(),
        };
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
