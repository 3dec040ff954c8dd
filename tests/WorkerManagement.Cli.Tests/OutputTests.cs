using System.Text.Json;
using EndToEnd.Tests;
using WorkerManagement.Cli.Output;

namespace WorkerManagement.Cli.Tests;

/// <summary>What the command writes where: for people, for scripts, in a terminal, in a pipe.</summary>
public sealed class OutputTests : CommandFixture
{
    [Fact]
    public async Task Quiet_tables_are_names_and_quiet_deeds_say_nothing()
    {
        await using var run = await RunAsync("workers: { a: { command: [sleep, '1000'] }, b: { command: [sleep, '1000'], depends_on: { a: started } } }", "b Running");
        (await WorkersAsync("status", "-q")).ShouldBe((0, "a\nb"));
        (await WorkersAsync("status", "--no-headers")).Output.ShouldStartWith("a  a  Running  yes");
        (await WorkersAsync("stop", "b", "-q")).ShouldBe((0, ""));
        (await WorkersAsync("start", "b", "-q")).ShouldBe((0, ""));
        (await WorkersAsync("verify", "-q")).ShouldBe((0, ""));
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task Every_deed_that_ends_something_tells_its_plan_first()
    {
        await using var run = await RunAsync("workers: { a: { command: [sleep, '1000'] }, b: { type: a, command: [sleep, '1000'], stop: [{ signal: INT, wait: 3s }], depends_on: { a: started } } }", "b Running");
        (await WorkersAsync("restart", "b", "--plan")).ShouldBe((0, "1. b [SIGINT 3s, SIGKILL]\nat worst 3 s until force has done its work\nthen b is started again"));
        (await WorkersAsync("restart", "c", "--plan")).Code.ShouldBe(1);

        // A name before a type of the same name, as the stop itself takes it.
        (await WorkersAsync("stop", "a", "--plan")).ShouldBe((0, "1. a [SIGTERM 10s, SIGKILL]\nat worst 10 s until force has done its work"));
        (await WorkersAsync("reap", "--plan")).Code.ShouldBe(2);
        (await run.SignalAsync(15)).ShouldBe(0);
        (await WorkersAsync("reap", "--plan")).ShouldBe((0, "nothing is left"));
    }

    [Fact]
    public async Task What_takes_longer_than_a_second_is_told_on_standard_error()
    {
        await using var run = await RunAsync("workers: { stubborn: { command: [sh, -c, \"trap '' TERM; echo up; while :; do sleep 100; done\"], ready: { log: '^up' } } }", "stubborn Running: ready");
        var (code, output) = await Executable.RunAsync("workers", "stop", "stubborn", "--timeout", "1500ms", "--state-dir", State);
        code.ShouldBe(0);
        output.ShouldMatch("workers: stop stubborn: [1-9] s, stubborn is Stopping\n");
        await run.SignalAsync(15);
    }

    [Theory]
    [InlineData("there is no verb 'statsu'; did you mean 'status'?", "statsu")]
    [InlineData("'stop' has no flag '--al'; did you mean '--all'?", "stop", "--al")]
    [InlineData("there is no flag '--hlep'; did you mean '--help'?", "--hlep")]
    [InlineData("'verify' does not know what 'web' is for", "verify", "web")]
    [InlineData("which verb? Such as 'workers status'")]
    public async Task A_slip_is_answered_with_what_was_meant(string told, params string[] words)
    {
        var (code, output) = await Executable.RunAsync("workers", words);
        code.ShouldBe(2);
        output.ShouldContain($"workers: {told}");
    }

    [Fact]
    public async Task A_slip_in_a_name_is_answered_with_the_worker_that_was_meant()
    {
        await using var run = await RunAsync("workers: { calm-1: { command: [sleep, '1000'] } }", "calm-1 Running");
        foreach (var verb in (string[][])[["start", "clam-1"], ["restart", "clam-1"], ["restart", "clam-1", "--plan"], ["stop", "clam-1", "--plan"], ["signal", "clam-1", "HUP"], ["wait", "clam-1"], ["status", "clam-1"]])
        {
            var (code, output) = await WorkersAsync(verb);
            code.ShouldBe(1, output);
            output.ShouldContain("'clam-1'; did you mean 'calm-1'?");
        }

        // That nothing of a type is there is no failure, but may be a slip.
        (await WorkersAsync("stop", "clam-1")).Output.ShouldContain("there is no worker or type 'clam-1'; did you mean 'calm-1'?");
        await run.SignalAsync(15);
    }

    [Fact]
    public async Task A_status_is_of_the_workers_and_types_that_are_named()
    {
        await using var run = await RunAsync("workers: { web: { command: [sleep, '1000'], type: front }, api: { command: [sleep, '1000'], type: front }, db: { command: [sleep, '1000'] }, mail: { command: [sleep, '1000'] } }", "mail Running");
        (await WorkersAsync("wait")).Code.ShouldBe(0);
        (await WorkersAsync("status", "db", "front", "-q")).Output.ShouldBe("web\napi\ndb");
        using var report = JsonDocument.Parse((await WorkersAsync("status", "front", "-o", "json")).Output);
        report.RootElement.GetProperty("total_workers").GetInt32().ShouldBe(2);
        report.RootElement.GetProperty("by_type").EnumerateObject().Single().Value.GetProperty("count").GetInt32().ShouldBe(2);
        report.RootElement.GetProperty("workers").EnumerateArray().Select(worker => worker.GetProperty("name").GetString()).ShouldBe(["web", "api"]);
        using var whole = JsonDocument.Parse((await WorkersAsync("status", "-o", "json")).Output);
        report.RootElement.EnumerateObject().Select(key => key.Name).ShouldBe(whole.RootElement.EnumerateObject().Select(key => key.Name));
        report.RootElement.GetProperty("workers")[0].GetRawText().ShouldBe(whole.RootElement.GetProperty("workers")[0].GetRawText());
        await run.SignalAsync(15);
        (await WorkersAsync("status", "mail", "--at", "0s", "-q")).Output.Split('\n').Except(["mail"]).ShouldHaveSingleItem().ShouldContain("when the manager had stopped");
    }

    [Theory]
    [InlineData("0 done, 1 failed, 2 usage or configuration, 3 no manager there, 4 not settled in time", "--help")]
    [InlineData("0 done, 1 failed, 2 usage or configuration, 3 no manager there\n", "start", "--help")]
    [InlineData("0 done, 2 usage or configuration\n", "run", "-h")]
    public async Task Help_tells_the_exit_codes(string told, params string[] words)
    {
        var (code, output) = await Executable.RunAsync("workers", words);
        code.ShouldBe(0);
        (output + "\n").ShouldContain("Exit codes:\n  " + told);
    }

    [Fact]
    public async Task On_a_terminal_a_table_fits_and_has_colours_unless_they_are_not_wanted()
    {
        await using var run = await RunAsync("workers: { a: { command: [sh, -c, 'exit 3'], restart: temporary }, b: { command: [sleep, '1000'] } }", "b Running");
        foreach (var (variable, coloured) in ((string, bool)[])[("LANG=C", true), ("NO_COLOR=1", false), ("TERM=dumb", false)])
        {
            await using var terminal = Executable.Start("env", "TERM=xterm", "COLUMNS=60", variable, "script", "-qefc", $"{Path.Combine(AppContext.BaseDirectory, "workers")} status --state-dir {State}", "/dev/null");
            await terminal.Process.WaitForExitAsync(Cancel);
            terminal.All.Contains('\e').ShouldBe(coloured, variable);
            foreach (var line in terminal.All.Split('\n'))
            {
                System.Text.RegularExpressions.Regex.Replace(line, "\e\\[[0-9]*m", "").TrimEnd('\r').Length.ShouldBeLessThanOrEqualTo(60);
            }
        }

        await run.SignalAsync(15);
    }

    [Fact]
    public void What_could_act_on_a_terminal_stands_in_no_table() =>
        Table.Lines(null, [["a\e[2J\tb\nc\u202ed\u2066e"]], new(null, false)).ShouldBe(["a\uFFFD[2J b c\uFFFDd\uFFFDe"]);
}
