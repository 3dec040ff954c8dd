using System.Text.RegularExpressions;
using EndToEnd.Tests;

namespace WorkerManagement.Cli.Tests;

/// <summary>A state directory of its own, and the command in it.</summary>
public abstract partial class CommandFixture : IDisposable
{
    protected string State { get; } = Directory.CreateTempSubdirectory("cli-").FullName;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected string ConfigurationFile => Path.Combine(State, "workers.yaml");

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Directory.Delete(State, recursive: true);
    }

    /// <summary>The command's answer, without what it tells meanwhile where the machine is slow.</summary>
    private protected async Task<(int Code, string Output)> WorkersAsync(params string[] arguments)
    {
        var (code, output) = await Executable.RunAsync("workers", [.. arguments, "--state-dir", State]);
        return (code, WithoutProgress(output));
    }

    protected static string WithoutProgress(string output) => string.Join('\n', output.Split('\n').Where(line => !Progress().IsMatch(line)));

    /// <summary>A manager in the foreground of a process of its own, once this line is there.</summary>
    private protected async Task<Executable> RunAsync(string configuration, string untilLine)
    {
        await WriteAsync(configuration);
        var run = Executable.Start("workers", "run", "-f", ConfigurationFile, "--state-dir", State);
        await run.LineAsync(untilLine);
        return run;
    }

    protected Task WriteAsync(string configuration) => File.WriteAllTextAsync(ConfigurationFile, configuration, Cancel);

    [GeneratedRegex(@"^workers: .+: \d+ s(, .+ is .+)?$")]
    private static partial Regex Progress();
}
