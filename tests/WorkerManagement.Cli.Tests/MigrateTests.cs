using System.Text.RegularExpressions;
using EndToEnd.Tests;
using WorkerManagement.Tests;

namespace WorkerManagement.Cli.Tests;

/// <summary>docs/how-to/migrate.md: each file that it shows is imported, and the answer is what it shows.</summary>
public sealed partial class MigrateTests : CommandFixture
{
    [Fact]
    public async Task Every_import_answers_as_the_page_says()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "docs", "how-to", "migrate.md"), Cancel);
        foreach (var file in Files().Matches(page).Select(match => match.Groups))
        {
            await File.WriteAllTextAsync(Path.Combine(State, file["name"].Value), file["text"].Value, Cancel);
        }

        var imports = Imports().Matches(page).Select(match => match.Groups).ToArray();
        imports.Length.ShouldBe(4);
        foreach (var import in imports)
        {
            await using var step = Executable.StartIn(State, "workers", "import", import["name"].Value);
            await step.Process.WaitForExitAsync(Cancel);
            step.Process.ExitCode.ShouldBe(0, step.All);
            ByStream(step.All).ShouldBe(ByStream(import["told"].Value), import["name"].Value);
        }
    }

    // What goes to standard error may come between the lines of the other; each keeps its order.
    private static IEnumerable<string> ByStream(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).OrderBy(line => line.StartsWith("workers: ", StringComparison.Ordinal));

    [GeneratedRegex("```[a-z]+ (?<name>[A-Za-z.-]+)\n(?<text>(?:.|\n)*?)```")]
    private static partial Regex Files();

    [GeneratedRegex("```console\n\\$ workers import (?<name>.+)\n(?<told>(?:.|\n)*?)```")]
    private static partial Regex Imports();
}
