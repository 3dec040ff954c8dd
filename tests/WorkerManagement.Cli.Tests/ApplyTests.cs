using System.Text.Json;
using EndToEnd.Tests;

namespace WorkerManagement.Cli.Tests;

/// <summary>From one configuration to another while everything runs.</summary>
public sealed class ApplyTests : CommandFixture
{
    private const string Loyal = "loyal: { command: [sleep, '1000'] }";

    [Fact]
    public async Task A_file_without_workers_is_told_and_a_reload_takes_what_was_added()
    {
        await using var run = await RunAsync("workers: {}", "workers.yaml' names no worker; add one, then 'workers reload'");
        await WriteAsync("workers: { a: { command: [sleep, '1000'] } }");
        (await WorkersAsync("reload")).Code.ShouldBe(0);
        await run.LineAsync("a Running");
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task Those_that_are_as_they_should_be_keep_their_processes()
    {
        await using var run = await RunAsync($"workers: {{ {Loyal}, old: {{ command: [sleep, '1000'] }}, app: {{ command: [sh, -c, 'echo up; exec sleep 1000'], ready: {{ log: '^up' }} }} }}", "app Running: ready");
        (await WorkersAsync("wait")).Code.ShouldBe(0);
        var before = await PidsAsync();
        await WriteAsync($"workers: {{ {Loyal}, app: {{ command: [sh, -c, 'echo up; exec sleep 2000'], ready: {{ log: '^up' }} }}, new: {{ command: [sleep, '1000'], depends_on: {{ loyal: started }} }} }}");
        var (code, plan) = await WorkersAsync("plan", "-f", ConfigurationFile);
        (code, plan).ShouldBe((0, "add      new\nreplace  app  command\nremove   old\n1 workers stay as they are; at worst 51 s"));
        (await PidsAsync()).ShouldBe(before, ignoreOrder: true);
        (await WorkersAsync("reload", "--plan")).Output.ShouldBe(plan);

        var (applied, told) = await WorkersAsync("apply", "-f", ConfigurationFile);
        applied.ShouldBe(0, told);
        told.ShouldEndWith("added     new\nreplaced  app  command\nremoved   old\n3 changes are done");
        var after = await PidsAsync();
        after.Keys.ShouldBe(["loyal", "app", "new"], ignoreOrder: true);
        after["loyal"].ShouldBe(before["loyal"]);
        after["app"].ShouldNotBe(before["app"]);
        (await WorkersAsync("reload")).ShouldBe((0, "nothing was to be changed"));
        (await WorkersAsync("plan", "-f", ConfigurationFile)).Output.ShouldBe("nothing is to be changed; 3 workers are as they should be");
        (await PidsAsync()).ShouldBe(after, ignoreOrder: true);
        (await WorkersAsync("verify")).Code.ShouldBe(0);
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task A_file_of_any_size_that_run_takes_is_applied_too()
    {
        await using var run = await RunAsync($"workers: {{ {Loyal} }}", "loyal Running");
        await WriteAsync($"workers: {{ {Loyal}, new: {{ command: [sleep, '1000'] }} }}\n{string.Concat(Enumerable.Repeat("# a comment as long as others are\n", 100_000))}");
        (await WorkersAsync("reload")).ShouldBe((0, "added  new\n1 changes are done"));
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task What_the_manager_alone_looks_at_changes_without_a_new_process()
    {
        await using var run = await RunAsync($"workers: {{ {Loyal} }}", "loyal Running");
        var before = await PidsAsync();
        await WriteAsync("workers: { loyal: { command: [sleep, '1000'], restart: temporary, metadata: { team: blue } } }");
        (await WorkersAsync("reload")).ShouldBe((0, "updated  loyal  restart, metadata\n1 changes are done"));
        (await PidsAsync()).ShouldBe(before);
        using var status = JsonDocument.Parse((await WorkersAsync("status", "-o", "json")).Output);
        status.RootElement.GetProperty("workers")[0].GetProperty("metadata").GetProperty("team").GetString().ShouldBe("blue");
        await run.SignalAsync(15);
    }

    [Theory]
    [InlineData("command: [sh, -c, 'echo up; exec sleep 1000'], ready: { log: '^up' }", "command: [sh, -c, 'exit 3'], ready: { log: '^up' }", "worker 'b' did not come up with its new command: ")]
    [InlineData("command: [sleep, '1000']", "command: [sh, -c, 'exit 3']", "worker 'b' did not come up with its new command: ")]
    [InlineData("command: [sleep, '1000']", "command: [sleep, '1000'], ready: { log: never, timeout: 200ms }", "worker 'b' did not come up with its new ready: ")]
    public async Task A_new_one_that_fails_ends_the_roll_and_the_old_one_is_back(string old, string broken, string told)
    {
        await using var run = await RunAsync($"workers: {{ a: {{ command: [sleep, '1000'] }}, b: {{ {old}, depends_on: {{ a: started }} }}, c: {{ command: [sleep, '1000'], depends_on: {{ b: ready }} }} }}", "c Running");
        var before = await PidsAsync();
        await WriteAsync($"workers: {{ a: {{ command: [sleep, '1001'] }}, b: {{ {broken}, depends_on: {{ a: started }} }}, c: {{ command: [sleep, '1001'], depends_on: {{ b: ready }} }} }}");
        var (code, output) = await WorkersAsync("apply", "-f", ConfigurationFile);
        code.ShouldBe(1, output);
        output.ShouldContain(told);
        output.ShouldContain("it runs as before; 1 of 3 changes are done, 1 were not begun");
        (await WorkersAsync("wait")).Code.ShouldBe(0);
        var after = await PidsAsync();
        after["a"].ShouldNotBe(before["a"]);
        after["b"].ShouldNotBe(before["b"]);
        after["c"].ShouldBe(before["c"]);

        // It is its old self: with the first configuration of b and c nothing but a differs.
        await WriteAsync($"workers: {{ a: {{ command: [sleep, '1001'] }}, b: {{ {old}, depends_on: {{ a: started }} }}, c: {{ command: [sleep, '1000'], depends_on: {{ b: ready }} }} }}");
        (await WorkersAsync("plan", "-f", ConfigurationFile)).Output.ShouldBe("nothing is to be changed; 3 workers are as they should be");
        (await WorkersAsync("verify")).Code.ShouldBe(0);
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task A_new_worker_that_does_not_come_up_is_taken_away_again_and_nothing_is_removed()
    {
        await using var run = await RunAsync($"workers: {{ {Loyal}, old: {{ command: [sleep, '1000'] }} }}", "old Running");
        await WriteAsync($"workers: {{ {Loyal}, broken: {{ command: [sh, -c, 'exit 3'] }} }}");
        var (code, output) = await WorkersAsync("apply", "-f", ConfigurationFile);
        code.ShouldBe(1, output);
        output.ShouldContain("worker 'broken' is new and did not come up: ");
        (await PidsAsync()).Keys.ShouldBe(["loyal", "old"], ignoreOrder: true);
        await run.SignalAsync(15);
    }

    [Theory]
    [InlineData("", 2, "has no 'workers'; to apply it would stop all that run")]
    [InlineData("shutdown_timeout: 20s", 2, "has no 'workers'; to apply it would stop all that run")]
    [InlineData("workers: [", 2, "workers.yaml:2: ")]
    [InlineData("workers: { loyal: { comand: [x] } }", 2, "did you mean 'command'?")]
    [InlineData("workers: { loyal: { command: [/nonexistent/program] } }", 1, "the program '/nonexistent/program' does not exist")]
    [InlineData("workers: { loyal: { command: [sleep, '1'], depends_on: { lojal: ready } } }", 1, "which does not exist; did you mean 'loyal'?")]
    public async Task A_broken_file_changes_nothing(string broken, int exit, string told)
    {
        await using var run = await RunAsync($"workers: {{ {Loyal} }}", "loyal Running");
        var before = await PidsAsync();
        await WriteAsync(broken);
        foreach (var verb in (string[][])[["apply", "-f", ConfigurationFile], ["plan", "-f", ConfigurationFile], ["reload"]])
        {
            var (code, output) = await WorkersAsync(verb);
            code.ShouldBe(exit, output);
            output.ShouldContain(told);
        }

        (await PidsAsync()).ShouldBe(before);
        await run.SignalAsync(15);
    }

    [Fact]
    public async Task One_that_was_stopped_by_hand_stays_down_and_gets_its_new_self_for_the_next_start()
    {
        await using var run = await RunAsync($"workers: {{ {Loyal}, down: {{ command: [sleep, '1000'] }} }}", "down Running");
        (await WorkersAsync("stop", "down")).Code.ShouldBe(0);
        await WriteAsync($"workers: {{ {Loyal}, down: {{ command: [sh, -c, 'echo I am new; exec sleep 1000'], ready: {{ log: new }} }} }}");
        (await WorkersAsync("apply", "-f", ConfigurationFile)).Code.ShouldBe(0);
        (await PidsAsync()).Keys.ShouldBe(["loyal"]);
        (await WorkersAsync("start", "down")).Code.ShouldBe(0);
        (await WorkersAsync("wait", "down")).Code.ShouldBe(0);
        (await WorkersAsync("logs", "down")).Output.ShouldBe("I am new");
        await run.SignalAsync(15);
    }

    [Fact]
    public async Task Scale_goes_up_and_down_and_tells_first()
    {
        await using var run = await RunAsync($"workers: {{ {Loyal}, web: {{ command: [sh, -c, 'echo up; exec sleep 1000'], ready: {{ log: '^up' }}, replicas: 2 }} }}", "web-2 Running");
        (await WorkersAsync("wait")).Code.ShouldBe(0);
        var before = await PidsAsync();
        (await WorkersAsync("scale", "web", "3", "--plan")).ShouldBe((0, "add  web-3\n3 workers stay as they are; at worst 30 s"));
        (await WorkersAsync("scale", "web", "3")).ShouldBe((0, "added  web-3\n1 changes are done"));
        var three = await PidsAsync();
        three.Count.ShouldBe(4);
        (await WorkersAsync("scale", "web", "1", "--plan")).ShouldBe((0, "remove  web-2\nremove  web-3\n2 workers stay as they are; at worst 10 s"));
        (await WorkersAsync("scale", "web", "1", "-q")).ShouldBe((0, ""));
        (await PidsAsync()).ShouldBe(new Dictionary<string, int> { ["loyal"] = before["loyal"], ["web-1"] = before["web-1"] }, ignoreOrder: true);
        (await WorkersAsync("scale", "web", "0")).Code.ShouldBe(0);
        (await WorkersAsync("scale", "web", "2")).Code.ShouldBe(0);
        (await PidsAsync()).Keys.ShouldBe(["loyal", "web-1", "web-2"], ignoreOrder: true);
        foreach (var (type, number, exit, told) in ((string, string, int, string)[])
            [("wbe", "1", 1, "did you mean 'web'?"), ("loyal", "2", 1, "are not replicas of one"), ("web", "x", 2, "x"), ("web", "10001", 1, "give a number from 0 to 10000")])
        {
            var (code, output) = await WorkersAsync("scale", type, number);
            code.ShouldBe(exit, output);
            output.ShouldContain(told);
        }

        (await run.SignalAsync(15)).ShouldBe(0);
    }

    private async Task<Dictionary<string, int>> PidsAsync()
    {
        using var status = JsonDocument.Parse((await WorkersAsync("status", "-o", "json")).Output);
        return status.RootElement.GetProperty("workers").EnumerateArray().Where(worker => worker.GetProperty("alive").GetBoolean())
            .ToDictionary(worker => worker.GetProperty("name").GetString()!, worker => worker.GetProperty("pid").GetInt32());
    }
}
