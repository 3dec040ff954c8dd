using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using EndToEnd.Tests;
using WorkerManagement;
using WorkerManagement.Hosting.Configuration;
using WorkerManagement.Posix;
using WorkerManagement.Tests;

namespace Samples.Tests;

/// <summary>What is in samples/ runs, and the pages show it as it is.</summary>
public sealed partial class SampleTests : IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("samples-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_server_keeps_its_worker_up_and_lets_it_finish_what_it_has_begun()
    {
        await using var server = Executable.Start("sample-server", _state);
        var first = Pid(await server.LineAsync("jobs is Running and ready after 0 restarts"));
        using (var struck = PidFd.TryOpen(first).ShouldNotBeNull())
        {
            struck.Send(9).ShouldBeTrue();
        }

        var second = Pid(await server.LineAsync("ready after 1 restarts"));
        second.ShouldNotBe(first);
        using var pinned = PidFd.TryOpen(second).ShouldNotBeNull();
        (await server.SignalAsync(15)).ShouldBe(0, server.All);
        pinned.HasEnded.ShouldBeTrue();
        var log = string.Join('\n', Directory.EnumerateFiles(Path.Combine(_state, "logs"), "*", SearchOption.AllDirectories).Where(file => file.EndsWith(".log", StringComparison.Ordinal)).Select(File.ReadAllText));
        log.ShouldContain("none is half done");
        // The killed run may have had one under way; the stopped one had none.
        (log.Split(" begins").Length - log.Split(" is done").Length).ShouldBeInRange(0, 1);
    }

    [Fact]
    public async Task The_configuration_runs()
    {
        var options = new WorkerManagerOptions { StateDirectory = _state };
        WorkersFile.Load(Sample("workers.yaml"), options);
        await using var manager = new WorkerManager(options);
        await manager.StartWorkersAsync([.. options.Workers], Cancel);
        await foreach (var report in manager.WatchAsync(Cancel))
        {
            if (report.Workers.Where(worker => worker.Name != "report").All(worker => worker.Ready) && report.Workers.Any(worker => worker is { Name: "report", State: WorkerState.Stopped, Exit: not null }))
            {
                report.Workers.Select(worker => worker.Name).ShouldBe(["store", "mail-1", "mail-2", "report"], ignoreOrder: true);
                break;
            }
        }

        (await manager.StopAllWorkersAsync(TimeSpan.FromSeconds(30), Cancel)).Success.ShouldBeTrue();
    }

    [Fact]
    public async Task Systemd_takes_the_unit()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd-analyze is not here");
        // It looks for the program too, which is installed elsewhere.
        var unit = Path.Combine(_state, "workers.service");
        await File.WriteAllTextAsync(unit, (await File.ReadAllTextAsync(Sample("workers.service"), Cancel)).Replace("/usr/local/bin/workers", "/bin/true", StringComparison.Ordinal), Cancel);
        using var verify = Process.Start(new ProcessStartInfo("systemd-analyze", ["verify", unit]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var said = await verify.StandardError.ReadToEndAsync(Cancel);
        await verify.WaitForExitAsync(Cancel);
        said.ShouldNotContain("workers.service");
        verify.ExitCode.ShouldBe(0, said);
    }

    [Fact]
    public void The_pages_show_the_samples_as_they_are()
    {
        var shown = Directory.EnumerateFiles(Path.Combine(Checkout.Root, "docs"), "*.md", SearchOption.AllDirectories).SelectMany(page => Shown().Matches(File.ReadAllText(page)).Select(match => (Page: page, File: match.Groups["file"].Value, Text: match.Groups["text"].Value))).ToArray();
        foreach (var (page, file, text) in shown)
        {
            File.ReadAllText(Path.Combine(Checkout.Root, file)).ShouldContain(text, Case.Sensitive, $"{page} shows another {file}");
        }

        shown.Select(block => block.File).Distinct().ShouldBe(["samples/Server/Program.cs", "samples/Worker/Program.cs", "samples/deploy/Dockerfile", "samples/deploy/workers.service", "samples/deploy/workers.yaml"], ignoreOrder: true);
    }

    public void Dispose() => Directory.Delete(_state, recursive: true);

    private static string Sample(string name) => Path.Combine(Checkout.Root, "samples", "deploy", name);

    private static int Pid(string line) => int.Parse(Number().Match(line).Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex("process ([0-9]+)")]
    private static partial Regex Number();

    // A link to the file on the line above the block.
    [GeneratedRegex(@"\[(?<file>samples/[^\]]+)\]\([^)]+\)[^\n]*\n\n```[a-z]+\n(?<text>(?:.|\n)*?)```")]
    private static partial Regex Shown();
}
