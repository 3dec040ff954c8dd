using System.Diagnostics;
using System.Text.Json;
using EndToEnd.Tests;
using WorkerManagement.Cli.Output;

namespace WorkerManagement.Cli.Tests;

public sealed class CompletionTests : CommandFixture
{
    [Theory]
    [InlineData("workers sta", "status start")]
    [InlineData("workers stop --al", "--all")]
    [InlineData("workers wait --f", "--for")]
    [InlineData("workers completion z", "zsh")]
    [InlineData("workers --state-dir x reloa", "reload")]
    public async Task Bash_completes_verbs_and_flags(string typed, string completed)
    {
        var words = typed.Split(' ');
        (await BashAsync($"{Completion.For("bash", new CommandLine().Root)}\nCOMP_WORDS=({typed}); COMP_CWORD={words.Length - 1}; _workers; echo \"${{COMPREPLY[*]}}\"")).ShouldBe(completed);
    }

    [Fact]
    public async Task Bash_completes_names_of_workers()
    {
        await using var run = await RunAsync("workers: { web-1: { command: [sleep, '1000'] }, db: { command: [sleep, '1000'] } }", "db Running");
        (await BashAsync($"PATH={AppContext.BaseDirectory}:$PATH\n{Completion.For("bash", new CommandLine().Root)}\nCOMP_WORDS=(workers --state-dir {State} stop we); COMP_CWORD=4; _workers; echo \"${{COMPREPLY[*]}}\"")).ShouldBe("web-1");
        await run.SignalAsync(15);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _workers workers")]
    [InlineData("zsh", "#compdef workers\n")]
    [InlineData("fish", "complete -c workers -n __fish_use_subcommand -a status -d ")]
    public async Task Every_verb_is_in_every_script(string shell, string part)
    {
        var (code, script) = await Executable.RunAsync("workers", "completion", shell);
        code.ShouldBe(0);
        (script + "\n").ShouldContain(part);
        foreach (var verb in new CommandLine().Root.Subcommands)
        {
            script.ShouldContain(verb.Name);
        }
    }

    [Fact]
    public async Task The_schema_is_that_of_the_configuration()
    {
        var (code, output) = await Executable.RunAsync("workers", "schema");
        code.ShouldBe(0);
        using var schema = JsonDocument.Parse(output);
        schema.RootElement.GetProperty("$defs").GetProperty("worker").GetProperty("properties").TryGetProperty("command", out _).ShouldBeTrue();
        output.ShouldBe((await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "workers.schema.json"), Cancel)).TrimEnd());
    }

    private static async Task<string> BashAsync(string script)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/bash"), "needs bash");
        using var bash = Process.Start(new ProcessStartInfo("/usr/bin/bash", ["--norc", "-c", script]) { RedirectStandardOutput = true })!;
        var output = await bash.StandardOutput.ReadToEndAsync(Cancel);
        await bash.WaitForExitAsync(Cancel);
        return output.Trim();
    }
}
