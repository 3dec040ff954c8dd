using System.Text.Json;
using EndToEnd.Tests;
using WorkerManagement.Cli.Output;
using WorkerManagement.Cli.Top;

namespace WorkerManagement.Cli.Tests;

public sealed class TopTests : CommandFixture
{
    private static readonly TopRow[] Rows = [.. Enumerable.Range(1, 30).Select(number => new TopRow($"w-{number}", "t", "Running", true, 100 + number, 2, 12.5, 50_000_000, 0, 3700, "started") { LastLine = "a line\e[2J that is longer than the terminal of this test is wide, by far" })];

    [Theory]
    [InlineData(80, 24)]
    [InlineData(40, 10)]
    [InlineData(200, 50)]
    public void The_screen_is_filled_exactly_and_nothing_stands_over(int width, int height)
    {
        var lines = TopScreen.Whole(Rows, 3, 0, "", new(width, false), height);
        lines.Count.ShouldBe(height);
        lines.ShouldAllBe(line => line.Length <= width && !line.Contains('\e'));
        lines.Single(line => line.StartsWith('>')).ShouldContain("w-4");
        lines[^1].ShouldStartWith("up/down choose");
    }

    [Fact]
    public void Processor_time_is_of_all_members_between_two_looks_at_the_same_run()
    {
        using var status = JsonDocument.Parse("""{ "workers": [ { "name": "a", "type": "t", "state": "Running", "ready": true, "alive": true, "pid": 7, "incarnation": 2, "restarts": 1, "started_at": 100, "why": "started" }, { "name": "b", "type": "t", "state": "Stopped", "ready": false, "alive": false, "pid": 8, "incarnation": 1, "restarts": 0, "started_at": 90, "why": "stopped" } ] }""");
        using var before = JsonDocument.Parse("""{ "workers": [ { "name": "a", "pid": 7, "members": [ {} ], "cpu_seconds": 1.0, "rss_bytes": 1 } ] }""");
        using var now = JsonDocument.Parse("""{ "workers": [ { "name": "a", "pid": 7, "members": [ {}, {}, {} ], "cpu_seconds": 1.5, "rss_bytes": 5000000 } ] }""");
        var rows = TopRow.From(status.RootElement, before.RootElement, now.RootElement, TimeSpan.FromSeconds(2), DateTimeOffset.UnixEpoch.AddSeconds(160));
        rows.ShouldBe([new("a", "t", "Running", true, 7, 3, 25, 5_000_000, 1, 60, "started"), new("b", "t", "Stopped", false, null, 0, null, 0, 0, null, "stopped")]);
    }

    [Theory]
    [InlineData(59.0, "59s")]
    [InlineData(61.0, "1m1s")]
    [InlineData(3700.0, "1h1m")]
    [InlineData(90000.0, "1d1h")]
    [InlineData(null, "-")]
    public void Times_are_for_people(double? seconds, string told) => TopScreen.Uptime(seconds).ShouldBe(told);

    [Fact]
    public async Task One_look_without_a_terminal_as_text_and_as_JSON()
    {
        await using var run = await RunAsync("workers: { busy: { command: [sh, -c, 'sleep 1000 & echo hello; while :; do :; done'], ready: { log: hello } } }", "busy Running: ready");
        var (code, output) = await WorkersAsync("top");
        code.ShouldBe(0);
        output.ShouldMatch(@"^NAME  STATE    PID  +PROC  CPU%  *MEMORY  *RESTARTS  UP  *LAST LINE\nbusy  Running  \d+ +2 +\d+\.\d +\d+\.\d MB +0 +\d+s +hello$");
        using var json = JsonDocument.Parse((await WorkersAsync("top", "--once", "-o", "json")).Output);
        var busy = json.RootElement.GetProperty("workers")[0];
        busy.GetProperty("members").GetInt32().ShouldBe(2);
        busy.GetProperty("cpu_percent").GetDouble().ShouldBeGreaterThan(0);
        busy.GetProperty("memory_bytes").GetInt64().ShouldBeGreaterThan(0);
        busy.GetProperty("last_line").GetString().ShouldBe("hello");
        await run.SignalAsync(15);
    }

    [Fact]
    public async Task On_a_terminal_keys_stop_after_asking_start_show_output_and_quit()
    {
        await using var run = await RunAsync("workers: { a: { command: [sh, -c, 'echo first words; exec sleep 1000'], ready: { log: words } }, b: { command: [sleep, '1000'] } }", "a Running: ready");
        await using var top = Executable.StartInTerminal("workers", "top", "--state-dir", State);
        await top.LineAsync("2 workers, 2 running");
        await top.Process.StandardInput.WriteAsync("x");
        await top.LineAsync("stop a? y: yes, any other key: no   [SIGTERM 10s, SIGKILL]");
        await top.Process.StandardInput.WriteAsync("y");
        await run.LineAsync("a Stopped");
        await top.Process.StandardInput.WriteAsync("s");
        await top.LineAsync("a is ");
        await top.Process.StandardInput.WriteAsync("l");
        await top.LineAsync("-- a: any key goes back");
        // There it is any key, too: the table is seen again.
        await top.Process.StandardInput.WriteAsync("qjx");
        await top.LineAsync("stop b? ");
        await top.Process.StandardInput.WriteAsync("nq");
        await top.Process.WaitForExitAsync(Cancel);
        top.Process.ExitCode.ShouldBe(0);
        top.All.ShouldContain("\e[?1049l");
        await run.SignalAsync(15);
    }

    [Fact]
    public async Task Without_a_manager_it_says_so_as_every_verb_does() => (await WorkersAsync("top")).Code.ShouldBe(3);
}
