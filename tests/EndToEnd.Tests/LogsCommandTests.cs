using System.Text.Json;

namespace EndToEnd.Tests;

/// <summary><c>workers logs</c> as people use it: filters, several workers, a terminal, and output of a manager that was killed.</summary>
public sealed class LogsCommandTests : IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("state-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lines_are_filtered_merged_told_apart_and_harmless_on_a_terminal()
    {
        await RunAsync("""
            workers:
              json: { command: [sh, -c, "echo '{\"level\":\"info\",\"msg\":\"calm\"}'; echo '{\"level\":\"error\",\"msg\":\"bad\"}'; echo up; exec sleep 1000"], ready: { log: "^up" } }
              text: { command: [sh, -c, "echo 'ERROR it threw'; echo '  at Main'; echo fine; printf 'red \\033[31mred\\n' >&2; echo up; exec sleep 1000"], ready: { log: "^up" }, depends_on: { json: ready } }
              ticks: { command: [sh, -c, "while :; do echo tick; sleep 0.05; done"] }
            """, "text Running: ready", async run =>
        {
            (await LogsAsync("json", "--level", "warn")).ShouldBe((0, "{\"level\":\"error\",\"msg\":\"bad\"}"));
            (await LogsAsync("text", "--level", "error")).ShouldBe((0, "ERROR it threw\n  at Main"));
            (await LogsAsync("text", "--grep", "^f.*e$")).ShouldBe((0, "fine"));
            (await LogsAsync("text", "--stream", "stdout", "-n", "2")).ShouldBe((0, "fine\nup"));
            (await LogsAsync("text", "--stream", "stderr")).ShouldBe((0, "red \e[31mred"));
            (await LogsAsync("text", "--previous")).ShouldBe((0, ""));
            (await LogsAsync("text", "--since", "1h", "-n", "1", "-t")).Output.ShouldMatch(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} (up|red .*)$");
            (await LogsAsync("text", "--since", "0s")).ShouldBe((0, ""));
            var merged = (await LogsAsync("json", "text")).Output.Split('\n');
            merged[..3].ShouldBe(["json | {\"level\":\"info\",\"msg\":\"calm\"}", "json | {\"level\":\"error\",\"msg\":\"bad\"}", "json | up"]);
            merged.ShouldContain("text | fine");
            merged.ShouldContain("text ! red \e[31mred");
            (await LogsAsync("-n", "1")).Output.Split('\n').ShouldContain("ticks | tick");
            var line = JsonElement.Parse((await LogsAsync("text", "-o", "json", "--grep", "fine")).Output);
            (line.GetProperty("worker").GetString(), line.GetProperty("stream").GetString(), line.GetProperty("line").GetString(), line.GetProperty("incarnation").GetInt64() > 0, line.GetProperty("at").GetDouble() > 1e9).ShouldBe(("text", "stdout", "fine", true, true));
            foreach (var wrong in (string[][])[["--level", "loud"], ["--grep", "("], ["--since", "soon"], ["-n", "-1"], ["--stream", "third"]])
            {
                var (code, output) = await LogsAsync(["text", .. wrong]);
                code.ShouldBe(2, output);
                output.ShouldNotContain("   at ");
            }

            // Who follows for a reader that has left ends, too, with the next line.
            (await Executable.RunAsync("env", "sh", "-c", $"'{Path.Combine(AppContext.BaseDirectory, "workers")}' logs -f ticks --state-dir '{_state}' | head -n 2 | wc -l")).Output.Trim().ShouldBe("2");

            await using (var terminal = Executable.StartInTerminal("workers", "logs", "json", "text", "--state-dir", _state))
            {
                await terminal.LineAsync("red ^[[31mred");
                await terminal.Process.WaitForExitAsync(Cancel);
                terminal.All.ShouldMatch(@"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \e\[36mjson\e\[0m \| up");
                terminal.All.ShouldContain("\e[31m!\e[0m red ^[[31mred");
            }

            (await run.SignalAsync(15)).ShouldBe(0);
        });
    }

    [Fact]
    public async Task The_run_before_and_what_came_after_the_manager_was_killed_are_there()
    {
        await RunAsync("""
            workers:
              again: { command: [sh, -c, "trap 'echo goodbye; exit 0' TERM; echo run $WORKER_INCARNATION; while :; do sleep 0.05; done"], ready: { log: "^run" } }
            """, "again Running: ready", async run =>
        {
            (await WorkersAsync("restart", "again")).Code.ShouldBe(0);
            (await WorkersAsync("wait", "again")).Code.ShouldBe(0);
            (await LogsAsync("again", "--previous")).ShouldBe((0, "run 1\ngoodbye"));
            run.Process.Kill();
            await run.Process.WaitForExitAsync(Cancel);

            // The guard ends the worker and drains what it still says, with its time, its pipe and its run.
            await using var follower = Executable.Start("workers", "logs", "-f", "again", "-o", "json", "--grep", "goodbye", "--state-dir", _state);
            await follower.LineAsync("\"stream\":\"stdout\",\"incarnation\":2,\"line\":\"goodbye\"");
            (await follower.SignalAsync(2)).ShouldBe(128 + 2);
        });
    }

    public void Dispose() => Directory.Delete(_state, recursive: true);

    private async Task RunAsync(string configuration, string until, Func<Executable, Task> act)
    {
        await File.WriteAllTextAsync(Path.Combine(_state, "workers.yaml"), configuration, Cancel);
        await using (var run = Executable.Start("workers", "run", "-f", Path.Combine(_state, "workers.yaml"), "--state-dir", _state))
        {
            await run.LineAsync(until);
            await act(run);
        }

        // Guard and keeper of a manager that was killed are gone, too.
        (await WorkersAsync("reap")).Code.ShouldBe(0);
    }

    private Task<(int Code, string Output)> LogsAsync(params string[] arguments) => WorkersAsync(["logs", .. arguments]);

    private Task<(int Code, string Output)> WorkersAsync(params string[] arguments) => Executable.RunAsync("workers", [.. arguments, "--state-dir", _state]);
}
