using System.Runtime.InteropServices;
using EndToEnd.Tests;
using WorkerManagement.Tests;

namespace WorkerManagement.Cli.Tests;

/// <summary>The command as a tool, as a stranger gets it: packed, installed from a feed, run.</summary>
public sealed class ToolTests : CommandFixture
{
    [Fact]
    public async Task It_is_installed_from_a_feed_with_its_guard_and_runs()
    {
        var feed = Path.Combine(State, "feed");
        await DotnetAsync("pack", Path.Combine(Checkout.Root, "src", "WorkerManagement.Cli"), "-c", Configuration, "--no-build", "-o", feed);
        await DotnetAsync("tool", "install", "workers", "--tool-path", Path.Combine(State, "bin"), "--source", feed);
        var workers = Path.Combine(State, "bin", "workers");
        (await Executable.RunAsync(workers, "--version")).Code.ShouldBe(0);
        Directory.EnumerateFiles(State, "workers-guard", SearchOption.AllDirectories).Select(guard => Path.GetFileName(Path.GetDirectoryName(guard)))
            .ShouldBe(["guard", RuntimeInformation.ProcessArchitecture is Architecture.Arm64 ? "linux-x64" : "linux-arm64"], ignoreOrder: true);
        var (code, output) = await Executable.RunAsync(workers, "doctor", "--state-dir", State);
        code.ShouldBe(0, output);

        await WriteAsync("workers: { a: { command: [sleep, '1000'] } }");
        await using var run = Executable.Start(workers, "run", "-f", ConfigurationFile, "--state-dir", State);
        await run.LineAsync("a Running");
        (await Executable.RunAsync(workers, "stop", "a", "--state-dir", State)).ShouldBe((0, "a: cooperative"));
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    private static string Configuration => Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    private async Task DotnetAsync(params string[] arguments)
    {
        var (code, output) = await Executable.RunSdkAsync(State, State, arguments);
        code.ShouldBe(0, output);
    }
}
