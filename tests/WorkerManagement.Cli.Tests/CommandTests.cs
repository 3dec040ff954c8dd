using System.Text.Json;
using EndToEnd.Tests;

namespace WorkerManagement.Cli.Tests;

public sealed class CommandTests : CommandFixture
{
    [Fact]
    public async Task Run_status_stop_start_restart_wait_and_verify()
    {
        await WriteAsync("""
            shutdown_timeout: 5s
            workers:
              calm: { command: [sleep, "1000"], replicas: 2 }
              stubborn: { command: [sh, -c, "trap '' TERM; echo up; while :; do sleep 100; done"], ready: { log: "^up" }, depends_on: { calm-1: started } }
            """);
        await using var run = Executable.Start("workers", "run", "-f", ConfigurationFile, "--state-dir", State);
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
        var second = await WorkersAsync("run", "-f", ConfigurationFile);
        (second.Code, second.Output.Contains($"process {run.Process.Id}", StringComparison.Ordinal)).ShouldBe((2, true));
        (await run.SignalAsync(15)).ShouldBe(0);
        (await WorkersAsync("verify")).Code.ShouldBe(0);
        (await WorkersAsync("status")).Code.ShouldBe(3);
        (await WorkersAsync("reap")).ShouldBe((0, "nothing was left"));
    }

    [Fact]
    public async Task Run_ends_well_though_its_state_directory_was_removed()
    {
        await WriteAsync("workers: { calm: { command: [sleep, \"1000\"] } }");
        var state = Path.Combine(State, "gone");
        await using var run = Executable.Start("workers", "run", "-f", ConfigurationFile, "--state-dir", state);
        await run.LineAsync("calm Running");
        Directory.Delete(state, recursive: true);
        (await run.SignalAsync(2)).ShouldBe(0);
    }

    [Fact]
    public async Task A_manager_can_be_asked_while_its_workers_wait_for_each_other()
    {
        await WriteAsync("""
            workers:
              slow: { command: [sh, -c, "sleep 1000 & wait"], ready: { log: "^never" } }
              patient: { command: [sleep, "1000"], depends_on: { slow: ready } }
              quick: { command: [sleep, "1000"] }
            """);
        await using var run = Executable.Start("workers", "run", "-f", ConfigurationFile, "--state-dir", State);
        await run.LineAsync("quick Running");
        (await WorkersAsync("wait", "quick", "--for", "running")).Code.ShouldBe(0);
        using (var status = JsonDocument.Parse((await WorkersAsync("status", "-o", "json")).Output))
        {
            status.RootElement.GetProperty("workers").EnumerateArray().Select(worker => (worker.GetProperty("name").GetString(), worker.GetProperty("state").GetString())).ShouldBe([("slow", "Starting"), ("patient", "Starting"), ("quick", "Running")]);
        }

        (await WorkersAsync("why", "patient")).Output.ShouldContain("waiting for 'slow'");
        (await WorkersAsync("stop", "patient")).Code.ShouldBe(0);
        (await WorkersAsync("status")).Code.ShouldBe(0);
        (await run.SignalAsync(15)).ShouldBe(0);
        (await WorkersAsync("verify")).Code.ShouldBe(0);
    }

    [Fact]
    public async Task Logs_and_signal()
    {
        await WriteAsync("""
            workers:
              talker: { command: [sh, -c, "trap 'echo hung up >&2' HUP; echo one; echo two; while :; do sleep 0.05; done"], ready: { log: "^two" } }
            """);
        await using var run = Executable.Start("workers", "run", "-f", ConfigurationFile, "--state-dir", State);
        await run.LineAsync("talker Running");
        (await WorkersAsync("wait", "--for", "ready")).Code.ShouldBe(0);
        (await WorkersAsync("logs", "talker")).ShouldBe((0, "one\ntwo"));
        (await WorkersAsync("logs", "talker", "-n", "1")).ShouldBe((0, "two"));
        await using var follower = Executable.Start("workers", "logs", "-f", "-n", "1", "talker", "--state-dir", State);
        await follower.LineAsync("two");
        (await WorkersAsync("signal", "talker", "HUP")).ShouldBe((0, "HUP was sent to talker"));
        await follower.LineAsync("hung up");
        (await follower.SignalAsync(2)).ShouldBe(128 + 2);
        (await WorkersAsync("signal", "talker", "NONE")).Code.ShouldBe(1);
        (await WorkersAsync("logs", "nobody")).Output.ShouldContain("there is no output of a worker 'nobody'");
        (await run.SignalAsync(15)).ShouldBe(0);
        (await WorkersAsync("logs", "talker", "-n", "1")).ShouldBe((0, "hung up"));
    }

    [Fact]
    public async Task Why_tells_the_end_what_was_done_and_the_last_words()
    {
        await WriteAsync("""
            workers:
              broken: { command: [sh, -c, "echo 'no disk'; exit 3"], backoff: { initial: 10ms }, intensity: { restarts: 2, within: 60s } }
            """);
        await using var run = Executable.Start("workers", "run", "-f", ConfigurationFile, "--state-dir", State);
        await run.LineAsync("broken GaveUp");
        var (code, told) = await WorkersAsync("why", "broken");
        code.ShouldBe(0);
        told.ShouldStartWith("broken is GaveUp since ");
        told.ShouldContain("its last end: exit code 3 at ");
        told.ShouldContain("gave_up: ");
        told.ShouldContain("    no disk");
        told.ShouldContain("'workers start broken' tries again");
        using var json = JsonDocument.Parse((await WorkersAsync("why", "broken", "-o", "json")).Output);
        json.RootElement.GetProperty("worker").GetProperty("exit").GetProperty("code").GetInt32().ShouldBe(3);
        json.RootElement.GetProperty("last_output").EnumerateArray().Last().GetString().ShouldBe("no disk");
        (await WorkersAsync("why", "nobody")).Code.ShouldBe(1);
        (await run.SignalAsync(15)).ShouldBe(0);
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
        var (code, output) = await WorkersAsync("run", "-f", ConfigurationFile);
        output.ShouldContain(told);
        output.ShouldNotContain("   at ");
        code.ShouldBe(2);
    }

    [Fact]
    public async Task Every_verb_answers_in_text_and_in_JSON()
    {
        await WriteAsync("workers: { a: { type: t, command: [sleep, '1000'] }, b: { command: [sleep, '1000'], depends_on: { a: started } } }");
        await using var run = Executable.Start("workers", "run", "-f", ConfigurationFile, "--state-dir", State);
        await run.LineAsync("b Running");
        await Said(["status"], text => text.ShouldMatch(@"NAME +TYPE +STATE +READY +PID +RESTARTS +CONTAINMENT +WHY\na +t +Running +yes +\d+ +0 +\w+ +started\nb +b +Running"),
            json => json.GetProperty("workers")[0].GetProperty("name").GetString().ShouldBe("a"));
        await Said(["wait"], text => text.ShouldBeEmpty(), json => json.GetProperty("total_workers").GetInt32().ShouldBe(2));
        await Said(["wait", "a", "--for", "running"], text => text.ShouldBeEmpty(), json => json.GetProperty("total_workers").GetInt32().ShouldBe(2));
        await Said(["restart", "a", "--timeout", "5s"], text => text.ShouldMatch(@"a is Running \(pid \d+\)"), json => json.GetProperty("incarnation").GetInt64().ShouldBeGreaterThan(2));
        await Said(["stop", "--all", "--plan"], text => text.ShouldBe("1. b [SIGTERM 10s, SIGKILL]\n2. a [SIGTERM 10s, SIGKILL]\nat worst 20 s until force has done its work"),
            json => json.GetProperty("worst_case_seconds").GetDouble().ShouldBe(20));
        await Said(["stop", "b"], text => text.ShouldBe("b: cooperative"), json => json.GetProperty("outcome").GetString().ShouldBe("already gone"));
        await Said(["start", "b"], text => text.ShouldMatch(@"b is Running \(pid \d+\)"), json => json.GetProperty("state").GetString().ShouldBe("Running"));
        await Said(["stop", "t"], text => text.ShouldBe("Stopped 1 of type 't'"), json => json.GetProperty("success").GetBoolean().ShouldBeTrue());
        await Said(["wait", "a", "--for", "stopped"], text => text.ShouldBeEmpty(), json => json.GetProperty("workers")[0].GetProperty("state").GetString().ShouldBe("Stopped"));
        await Said(["verify"], text => text.ShouldBe("nothing leaked: 1 processes, each of a listed worker"), json => json.GetProperty("leaked").GetArrayLength().ShouldBe(0));
        await Said(["stop", "--all"], text => text.ShouldBe("Stopped 2 workers"), json => json.GetProperty("total_stopped").GetInt32().ShouldBe(2));
        (await run.SignalAsync(15)).ShouldBe(0);
        await Said(["reap"], text => text.ShouldBe("nothing was left"), json => json.GetProperty("reaped").GetInt32().ShouldBe(0));
        await Said(["verify"], text => text.ShouldBe("nothing leaked: 0 processes, each of a listed worker"), json => json.GetProperty("processes").GetInt32().ShouldBe(0));

        async Task Said(string[] arguments, Action<string> text, Action<JsonElement> json)
        {
            var (code, output) = await WorkersAsync(arguments);
            code.ShouldBe(0, output);
            text(output);
            (code, output) = await WorkersAsync([.. arguments, "-o", "json"]);
            code.ShouldBe(0, output);
            using var document = JsonDocument.Parse(output);
            json(document.RootElement);
        }
    }

    [Fact]
    public async Task Wait_follows_the_events_until_it_holds_or_its_time_is_over()
    {
        var go = Path.Combine(State, "go");
        await WriteAsync($"workers: {{ a: {{ command: [sh, -c, 'mkfifo {go}; echo made; read line < {go}; echo up; exec sleep 1000'], ready: {{ log: '^up' }} }} }}");
        await using var run = Executable.Start("workers", "run", "-f", ConfigurationFile, "--state-dir", State);
        await run.LineAsync("a Starting");
        var (code, output) = await WorkersAsync("wait", "--timeout", "300ms");
        (code, output).ShouldBe((4, output));
        output.ShouldStartWith("workers: not ready within 300ms: ");
        await using var waiting = Executable.Start("workers", "wait", "a", "-o", "json", "--state-dir", State);
        await File.WriteAllTextAsync(go, "\n", Cancel);
        await waiting.Process.WaitForExitAsync(Cancel);
        waiting.Process.ExitCode.ShouldBe(0);
        (await WorkersAsync("wait", "nobody")).ShouldBe((1, "workers: there is no worker 'nobody'; known are: a"));
        (await WorkersAsync("wait", "--timeout", "soon")).Code.ShouldBe(2);
        (await WorkersAsync("wait", "--for", "ever")).Code.ShouldBe(2);

        // The manager goes while somebody waits.
        await using var orphan = Executable.Start("workers", "wait", "a", "--for", "stopped", "--state-dir", State);
        (await run.SignalAsync(15)).ShouldBe(0);
        await orphan.Process.WaitForExitAsync(Cancel);
        orphan.Process.ExitCode.ShouldBeOneOf(0, 3);
    }

    [Fact]
    public async Task Wrong_use_is_2_what_the_manager_refuses_is_1_and_no_manager_is_3()
    {
        (await WorkersAsync("status")).ShouldBe((3, $"workers: no manager runs in '{State}'; start one with 'workers run', or name its directory with --state-dir"));
        foreach (var verb in (string[][])[["start", "a"], ["restart", "a"], ["stop", "a"], ["stop", "--all"], ["wait"], ["stop", "--all", "--plan"]])
        {
            (await WorkersAsync(verb)).Code.ShouldBe(3);
        }

        foreach (var wrong in (string[][])[["bogus"], [], ["start"], ["stop", "a", "--all"], ["stop", "--all", "--timeout", "10"], ["restart", "a", "--timeout", "x"], ["status", "-o", "xml"], ["status", "--bogus"]])
        {
            var (code, output) = await WorkersAsync(wrong);
            code.ShouldBe(2, output);
            output.ShouldContain("workers: ");
            output.ShouldNotContain("   at ");
        }

        await WriteAsync("workers: { a: { command: [sleep, '1000'] } }");
        await using var run = Executable.Start("workers", "run", "-f", ConfigurationFile, "--state-dir", State);
        await run.LineAsync("a Running");
        (await WorkersAsync("start", "nobody")).ShouldBe((1, "workers: there is no managed worker 'nobody'; known are: a"));
        (await WorkersAsync("stop", "nobody", "--plan")).Code.ShouldBe(1);
        (await WorkersAsync("reap")).Code.ShouldBe(2);
        (await run.SignalAsync(1)).ShouldBe(0);
    }
}
