using System.CommandLine;
using System.CommandLine.Parsing;

namespace WorkerManagement.Cli;

/// <summary>What is wrong with a line of words, and what was meant. Both commands have it.</summary>
internal static class Mistakes
{
    /// <summary>Every mistake in a sentence; empty when there is none.</summary>
    public static string[] Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        string[] unknown = [.. parsed.UnmatchedTokens, .. DashedArguments(parsed)];
        return unknown.Length > 0 ? Array.ConvertAll(unknown, word => Unknown(parsed, command, word))
            : parsed.Errors.Count > 0 && command is RootCommand && parsed.Tokens.Count == 0 ? [$"which verb? Such as '{parsed.RootCommandResult.Command.Name} status'"]
            : [.. parsed.Errors.Select(error => error.Message)];
    }

    private static string Unknown(ParseResult parsed, Command command, string word) =>
        word.StartsWith('-') ? $"{(command is RootCommand ? "there is" : $"'{command.Name}' has")} no flag '{word}'{Spelling.Hint(word, Flags(parsed))}"
        : command is RootCommand ? $"there is no verb '{word}'{Spelling.Hint(word, [.. command.Subcommands.Select(verb => verb.Name)])}"
        : $"'{command.Name}' does not know what '{word}' is for";

    // The parser takes an unknown flag for a worker's name where one may stand.
    private static IEnumerable<string> DashedArguments(ParseResult parsed) => parsed.Tokens.Any(token => token.Type is TokenType.DoubleDash) ? []
        : parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).Select(token => token.Value).Where(word => word.StartsWith('-'));

    private static string[] Flags(ParseResult parsed) =>
        [.. parsed.CommandResult.Command.Options.Concat(parsed.RootCommandResult.Command.Options.Where(option => option.Recursive)).Select(option => option.Name).Distinct()];
}
