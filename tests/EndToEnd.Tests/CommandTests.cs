using System.Text.Json;

namespace EndToEnd.Tests;

public sealed class CommandTests : IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("state-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_status_stop_start_restart_wait_and_verify()
    {
        await WriteAsync("""
            shutdown_timeout: 5s
            workers:
              calm: { command: [sleep, "1000"], replicas: 2 }
              stubborn: { command: [sh, -c, "trap '' TERM; echo up; while :; do sleep 100; done"], ready: { log: "^up" }, depends_on: { calm-1: started } }
            """);
        await using var run = Executable.Start("workers", "run", "-f", Path.Combine(_state, "workers.yaml"), "--state-dir", _state);
        await run.LineAsync("stubborn Running");
        (await WorkersAsync("wait", "--for", "ready")).Code.ShouldBe(0);
        using (var status = JsonDocument.Parse((await WorkersAsync("status", "-o", "json")).Output))
        {
            status.RootElement.GetProperty("total_workers").GetInt32().ShouldBe(3);
            status.RootElement.GetProperty("by_type").GetProperty("calm").GetProperty("count").GetInt32().ShouldBe(2);
        }

        (await WorkersAsync("stop", "--all", "--plan")).Output.ShouldContain("1. calm-2");
        (await WorkersAsync("stop", "calm-2")).ShouldBe((0, "calm-2: cooperative"));
        (await WorkersAsync("stop", "stubborn", "--timeout", "200ms")).Output.ShouldContain("forced (worker 'stubborn' ignored SIGTERM for 0.2 s");
        (await WorkersAsync("start", "stubborn")).Code.ShouldBe(0);
        (await WorkersAsync("restart", "calm-1")).Code.ShouldBe(0);
        (await WorkersAsync("start", "nobody")).Code.ShouldBe(1);
        (await WorkersAsync("stop")).Code.ShouldBe(2);
        (await WorkersAsync("stop", "unknown-type")).Code.ShouldBe(0);
        (await WorkersAsync("verify")).Code.ShouldBe(0);
        var second = await WorkersAsync("run", "-f", Path.Combine(_state, "workers.yaml"));
        (second.Code, second.Output.Contains($"process {run.Process.Id}", StringComparison.Ordinal)).ShouldBe((2, true));
        (await run.SignalAsync(15)).ShouldBe(0);
        (await WorkersAsync("verify")).Code.ShouldBe(0);
        (await WorkersAsync("status")).Code.ShouldBe(3);
        (await WorkersAsync("reap")).ShouldBe((0, "nothing was left"));
    }

    [Theory]
    [InlineData("workers: { a: { comand: [x] } }", "did you mean 'command'?")]
    [InlineData("workers: { a: { command: x } }", "expected a list of texts")]
    [InlineData("workers: { a: { command: [sleep], watchdog: 3x } }", "expected a duration")]
    [InlineData("workers: { a: { restart: always, command: [sleep] } }", "expected one of permanent, transient, temporary")]
    [InlineData("workers: { a: {} }", "has no command")]
    [InlineData("workers: { a-1: { command: [sleep] }, a: { command: [sleep], replicas: 1 } }", "two workers are named 'a-1'")]
    [InlineData("workers: { a: { command: [sleep, '1'], depends_on: { b: ready } } }", "depends on 'b', which does not exist")]
    [InlineData("workers: { a: { command: [sleep, '1'], depends_on: { b: ready } }, b: { command: [sleep, '1'], depends_on: { a: ready } } }", "a -> b -> a")]
    [InlineData("workers: { a: { command: [/etc/passwd] } }", "is not executable")]
    [InlineData("workers: { a: { command: [sleep, '1'], directory: /nonexistent } }", "'/nonexistent' does not exist")]
    [InlineData("workers: [", "workers.yaml:2: ")]
    public async Task A_wrong_configuration_is_refused_with_place_and_remedy(string text, string told)
    {
        await WriteAsync(text);
        var (code, output) = await WorkersAsync("run", "-f", Path.Combine(_state, "workers.yaml"));
        output.ShouldContain(told);
        output.ShouldNotContain("   at ");
        code.ShouldBe(2);
    }

    public void Dispose() => Directory.Delete(_state, recursive: true);

    private Task<(int Code, string Output)> WorkersAsync(params string[] arguments) => Executable.RunAsync("workers", [.. arguments, "--state-dir", _state]);

    private Task WriteAsync(string text) => File.WriteAllTextAsync(Path.Combine(_state, "workers.yaml"), text, Cancel);
}
