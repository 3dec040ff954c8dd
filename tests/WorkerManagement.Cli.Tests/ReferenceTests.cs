using System.CommandLine;
using System.Text;
using WorkerManagement.Tests;

namespace WorkerManagement.Cli.Tests;

/// <summary>docs/command.md says what the parser knows: every verb, flag and exit code is there and no other.</summary>
public sealed class ReferenceTests
{
    private static string Page => Path.Combine(Checkout.Root, "docs", "command.md");

    [Fact]
    public void Every_verb_flag_and_exit_code_is_in_the_reference_and_no_other() => ReferencePage.Compare("command.md", Render(new CommandLine()));

    [Fact]
    public void The_table_of_exit_codes_has_all_that_verbs_end_with()
    {
        var line = new CommandLine();
        var told = File.ReadLines(Page).Where(row => row.Length > 2 && row.StartsWith("| ", StringComparison.Ordinal) && char.IsDigit(row[2])).Select(row => row.Split('|', StringSplitOptions.TrimEntries)).Select(cells => $"{cells[1]} {cells[2]}");
        var codes = line.Root.Subcommands.SelectMany(verb => line.ExitsOf(verb.Name)).Distinct().Order();
        string.Join(", ", told).ShouldBe(ExitCodes.Describe(codes));
    }

    private static string Render(CommandLine line)
    {
        var page = new StringBuilder();
        Section(page, "\n## For every verb\n\n", line.Root.Options);
        foreach (var verb in line.Root.Subcommands.OrderBy(verb => verb.Name, StringComparer.Ordinal))
        {
            page.Append(null, $"\n## {verb.Name}\n\n{verb.Description}.\n\n    workers {verb.Name}{string.Concat(verb.Arguments.Select(Usage))}\n\n");
            foreach (var argument in verb.Arguments)
            {
                page.Append(null, $"- `{argument.Name}`: {argument.Description}\n");
            }

            page.Append(verb.Arguments.Count > 0 ? "\n" : "");
            Section(page, "", verb.Options);
            page.Append(null, $"{(verb.Options.Count > 0 ? "\n" : "")}Exit codes: {ExitCodes.Describe(line.ExitsOf(verb.Name))}.\n");
        }

        return page.ToString();
    }

    private static void Section(StringBuilder page, string title, IList<Option> options)
    {
        if (options.Count == 0)
        {
            return;
        }

        page.Append(title).Append("| flag | does |\n|---|---|\n");
        foreach (var option in options)
        {
            page.Append(null, $"| {string.Join(", ", option.Aliases.Prepend(option.Name).Distinct().Select(name => $"`{name}`"))} | {option.Description}{Default(option)} |\n");
        }
    }

    // The state directory's depends on the environment, as its description says.
    private static string Default(Option option) => option is { HasDefaultValue: true, ValueType: var type } && type != typeof(bool) && option.Name != "--state-dir" && option.GetDefaultValue() is { } value ? $"; `{value}` unless given" : "";

    private static string Usage(Argument argument) => argument.Arity.MinimumNumberOfValues == 0 ? $" [{argument.Name}]" : $" <{argument.Name}>";
}
