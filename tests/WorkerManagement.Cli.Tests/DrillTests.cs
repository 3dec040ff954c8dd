using System.Text.Json;
using EndToEnd.Tests;

namespace WorkerManagement.Cli.Tests;

public sealed class DrillTests : CommandFixture
{
    [Fact]
    public async Task The_scratch_drill_keeps_every_promise_and_leaves_nothing()
    {
        await using var drill = Executable.Start("env", $"TMPDIR={State}", Path.Combine(AppContext.BaseDirectory, "workers"), "drill", "-o", "json");
        await drill.Process.WaitForExitAsync(Cancel);
        drill.Process.ExitCode.ShouldBe(0, drill.All);
        using var told = JsonDocument.Parse(drill.All);
        told.RootElement.GetProperty("promises").EnumerateArray().Select(promise => promise.GetProperty("name").GetString()).ShouldBe(
        [
            "kill worker calm-1", "kill worker family", "kill worker stubborn", "kill the guard", "kill the keeper", "kill manager, keeper and guard at once, and start again", "kill the manager", "stop politely (SIGTERM)",
        ]);
        told.RootElement.GetProperty("promises").EnumerateArray().ShouldAllBe(promise => promise.GetProperty("kept").GetBoolean());
        Directory.EnumerateFileSystemEntries(State).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_real_one_is_struck_only_when_it_is_said()
    {
        await using var run = await RunAsync("workers: { a: { command: [sleep, '1000'], backoff: { initial: 10ms } }, once: { command: [sleep, '1000'], restart: temporary } }", "once Running");
        var (code, output) = await WorkersAsync("drill", "--yes", "--manager");
        code.ShouldBe(0, output);
        output.ShouldContain("kept    kill worker a: all 1 processes ended, 1 back as the policy says");
        output.ShouldContain("kept    kill the manager: all ");
        output.ShouldEndWith("5 promises were kept");
        await run.Process.WaitForExitAsync(Cancel);
        (await WorkersAsync("verify")).Code.ShouldBe(0);
        (await WorkersAsync("drill", "--yes")).Code.ShouldBe(3);
        (await WorkersAsync("drill", "--manager")).Code.ShouldBe(2);
    }

    [Fact]
    public async Task A_drill_that_is_ended_leaves_nothing()
    {
        await using var drill = Executable.Start("env", $"TMPDIR={State}", Path.Combine(AppContext.BaseDirectory, "workers"), "drill");
        await drill.LineAsync("kill worker calm-1");
        (await drill.SignalAsync(15)).ShouldBe(1);
        Directory.EnumerateFileSystemEntries(State).ShouldBeEmpty();
    }
}
