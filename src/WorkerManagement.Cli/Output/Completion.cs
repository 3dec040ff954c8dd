using System.CommandLine;

namespace WorkerManagement.Cli.Output;

/// <summary>Completion scripts, made from the parser's own tables; names of workers come from the manager when they are asked for.</summary>
internal static class Completion
{
    // Verbs whose argument is a worker.
    private static readonly HashSet<string> Names = ["status", "start", "stop", "restart", "scale", "signal", "wait", "why", "logs", "capsules"];

    private const string WorkerNames = " $(workers status -q ${state:+--state-dir \"$state\"} 2>/dev/null)";

    // zsh runs bash's through its own bashcompinit.
    public static string For(string shell, RootCommand root) => shell switch
    {
        "bash" => Bash(root),
        "zsh" => "#compdef workers\nautoload -U +X bashcompinit && bashcompinit\n" + Bash(root),
        _ => Fish(root),
    };

    private static string Bash(RootCommand root)
    {
        var all = $"{string.Join(' ', Verbs(root).Select(verb => verb.Name))} {Flags(root, root)}";
        var cases = string.Join('\n', Verbs(root).Select(verb => $"    {verb.Name}) COMPREPLY=($(compgen -W \"{Flags(verb, root)}{Words(verb)}{(Names.Contains(verb.Name) ? WorkerNames : "")}\" -- \"$current\")) ;;"));
        return $$$"""
            # workers completion: source <(workers completion bash)
            _workers() {
              local current=${COMP_WORDS[COMP_CWORD]} verb= state= i
              for ((i = 1; i < COMP_CWORD; i++)); do
                case ${COMP_WORDS[i]} in
                  --state-dir) state=${COMP_WORDS[i+1]}; ((i++)) ;;
                  -*) ;;
                  *) verb=${verb:-${COMP_WORDS[i]}} ;;
                esac
              done
              case $verb in
                '') COMPREPLY=($(compgen -W '{{{all}}}' -- "$current")) ;;
            {{{cases}}}
              esac
            }
            complete -o default -F _workers workers
            """;
    }

    private static string Fish(RootCommand root) => string.Join('\n',
    [
        "# workers completion: workers completion fish | source",
        "complete -c workers -f",
        .. Verbs(root).Select(verb => $"complete -c workers -n __fish_use_subcommand -a {verb.Name} -d '{Quoted(verb.Description)}'"),
        .. Verbs(root).Where(verb => Names.Contains(verb.Name)).Select(verb => $"complete -c workers -n '__fish_seen_subcommand_from {verb.Name}' -a '(workers status -q 2>/dev/null)'"),
        .. root.Options.Where(option => option.Recursive).Select(option => Flag(option, "")),
        .. Verbs(root).SelectMany(verb => verb.Options.Select(option => Flag(option, $" -n '__fish_seen_subcommand_from {verb.Name}'"))),
    ]);

    private static string Flag(Option option, string condition) => $"complete -c workers{condition} {string.Join(' ', option.Aliases.Prepend(option.Name).Select(name => name.StartsWith("--", StringComparison.Ordinal) ? $"-l {name[2..]}" : $"-s {name[1..]}").Distinct())} -d '{Quoted(option.Description)}'";

    private static IEnumerable<Command> Verbs(RootCommand root) => root.Subcommands;

    private static string Flags(Command command, RootCommand root) => string.Join(' ', command.Options.Concat(root.Options.Where(option => option.Recursive)).SelectMany(option => option.Aliases.Prepend(option.Name)).Distinct());

    // What an argument may be, where that is a closed set.
    private static string Words(Command verb) => string.Concat(verb.Arguments.SelectMany(argument => argument.GetCompletions(System.CommandLine.Completions.CompletionContext.Empty)).Select(item => " " + item.Label));

    private static string Quoted(string? text) => (text ?? "").Replace("'", "\\'", StringComparison.Ordinal);
}
