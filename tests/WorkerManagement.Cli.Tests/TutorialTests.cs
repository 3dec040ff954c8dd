using System.Text.RegularExpressions;
using EndToEnd.Tests;
using WorkerManagement.Tests;

namespace WorkerManagement.Cli.Tests;

/// <summary>docs/tutorial.md, done as a stranger does it: each command in an empty directory, each answer compared.</summary>
public sealed partial class TutorialTests : CommandFixture
{
    [Fact]
    public async Task Every_step_answers_as_the_tutorial_says()
    {
        Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(directory => File.Exists(Path.Combine(directory, "python3"))), "the tutorial runs python3, which is not here");
        var page = (await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "docs", "tutorial.md"), Cancel)).Replace("8123", $"{FreePort.Next()}", StringComparison.Ordinal);
        await WriteAsync(Blocks(page, "yaml").Single());
        await using var run = Executable.StartIn(State, "workers", "run");
        var steps = Blocks(page, "console").SelectMany(Steps).ToArray();
        steps.Length.ShouldBe(10);
        var (first, seen) = steps[0];
        first.ShouldBe("workers run &");
        // A worker that is asked to start is in the next state at once: on a busy machine only that one may be told.
        foreach (var line in seen.Split('\n').Where(line => !line.EndsWith("asked to start", StringComparison.Ordinal)))
        {
            // A person types the next command when the last of these lines is there.
            await run.LineAsync(line.Split(" (")[0]);
        }

        foreach (var (command, told) in steps.Skip(1))
        {
            await using var step = Executable.StartIn(State, [.. command.Split(' ')]);
            await step.Process.WaitForExitAsync(Cancel);
            step.Process.ExitCode.ShouldBe(0, $"{command}: {step.All}");
            Same(WithoutProgress(step.All)).ShouldMatch("^" + Regex.Escape(Same(told)).Replace("…", "(.|\n)*", StringComparison.Ordinal) + "$", command);
        }

        (await run.SignalAsync(15)).ShouldBe(0, run.All);
    }

    // Numbers, times, widths and what contains the workers differ.
    private static string Same(string text) => Containment().Replace(Spaces().Replace(Numbers().Replace(text.Trim(), "0"), " "), "contained");

    private static IEnumerable<string> Blocks(string page, string kind) => Regex.Matches(page, $"```{kind}\n((?:.|\n)*?)```").Select(block => block.Groups[1].Value);

    private static IEnumerable<Step> Steps(string block) => block.Split("$ ", StringSplitOptions.RemoveEmptyEntries).Select(step => step.Split('\n', 2)).Select(step => new Step(step[0], step[1].TrimEnd('\n')));

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Numbers();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();

    [GeneratedRegex("\\b(cgroup|tag)\\b")]
    private static partial Regex Containment();

    private sealed record Step(string Command, string Told);
}
