using System.Text.Json;
using EndToEnd.Tests;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using WorkerManagement.Posix;
using static EndToEnd.Tests.ToolCalls;

namespace WorkerManagement.Cli.Tests;

/// <summary><c>workers mcp</c>, with a real manager and real workers behind it.</summary>
public sealed class McpTests : CommandFixture
{
    private const string Initialize = """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""";

    private static string Workers => Path.Combine(AppContext.BaseDirectory, "workers");

    [Fact]
    public async Task An_assistant_sees_why_stops_with_the_plans_code_and_starts_again()
    {
        await using var run = await ServeAsync();
        await using var client = await ConnectAsync();
        (await client.ListToolsAsync(cancellationToken: Cancel)).Count.ShouldBe(9);
        var pid = (await CallAsync(client, "worker_why", ("worker", "sleeper"))).GetProperty("pid").GetInt32();
        using var pin = PidFd.TryOpen(pid).ShouldNotBeNull();
        var code = (await CallAsync(client, "worker_stop", ("worker", "sleeper"))).GetProperty("confirm").GetString();
        pin.HasEnded.ShouldBeFalse();
        (await CallAsync(client, "worker_stop", ("worker", "sleeper"), ("confirm", code))).GetProperty("workers")[0].GetProperty("outcome").GetString().ShouldBe("cooperative");
        pin.HasEnded.ShouldBeTrue();
        (await CallAsync(client, "worker_start", ("worker", "sleeper"))).GetProperty("state").GetString().ShouldBe("Running");
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task Without_a_manager_the_tools_are_listed_and_a_call_says_what_to_do_until_one_runs()
    {
        await using var client = await ConnectAsync();
        (await client.ListToolsAsync(cancellationToken: Cancel)).Count.ShouldBe(9);
        (await RefusedAsync(client, "worker_status")).ShouldBe($"no manager runs in '{State}'; start one with 'workers run', or name its directory with --state-dir");
        foreach (var _ in Enumerable.Range(0, 2))
        {
            // The second one is another manager, which the bridge finds as it found the first.
            await using var run = await ServeAsync();
            (await CallAsync(client, "worker_status")).GetProperty("total").GetInt32().ShouldBe(1);
            (await run.SignalAsync(15)).ShouldBe(0);
        }
    }

    [Fact]
    public async Task It_exits_with_0_when_its_input_ends_and_leaves_the_manager_alone()
    {
        await using var run = await ServeAsync();
        await using var bridge = Executable.StartWithInput("workers", "mcp", "--state-dir", State);
        var input = bridge.Process.StandardInput;
        await input.WriteLineAsync(Initialize);
        await input.WriteLineAsync("""{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"worker_status","arguments":{}}}""");
        await input.FlushAsync(Cancel);
        using (var answer = JsonDocument.Parse(await bridge.LineAsync("\"id\":2")))
        {
            answer.RootElement.GetProperty("result").GetProperty("structuredContent").GetProperty("total").GetInt32().ShouldBe(1);
        }

        input.Close();
        await bridge.Process.WaitForExitAsync(Cancel);
        bridge.Process.ExitCode.ShouldBe(0, bridge.All);
        bridge.All.Split('\n').ShouldAllBe(line => line.StartsWith('{'));
        (await WorkersAsync("status")).Code.ShouldBe(0);
        (await run.SignalAsync(15)).ShouldBe(0);
        (await WorkersAsync("verify")).Code.ShouldBe(0);
    }

    [Fact]
    public async Task A_malformed_message_is_answered_and_the_next_one_too()
    {
        await using var bridge = Executable.StartWithInput("workers", "mcp", "--state-dir", State);
        foreach (var malformed in (string[])
        [
            "nonsense", "7", "[]", """{"jsonrpc":"2.0","id":1,"method":5}""", """{"jsonrpc":"2.0","id":1,"method":"\ud800"}""", """{"jsonrpc":"2.0","id":"\ud800","method":"ping"}""",
            """{"jsonrpc":"2.0","method":"notifications/cancelled","params":5}""", """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}""",
        ])
        {
            await bridge.Process.StandardInput.WriteLineAsync(malformed);
        }

        await bridge.Process.StandardInput.WriteLineAsync("""{"jsonrpc":"2.0","id":9,"method":"ping"}""");
        await bridge.Process.StandardInput.FlushAsync(Cancel);
        await bridge.LineAsync("\"id\":9");
        bridge.All.Split('\n').Count(line => line.Contains("\"error\"", StringComparison.Ordinal)).ShouldBe(6, bridge.All);
        bridge.Process.StandardInput.Close();
        await bridge.Process.WaitForExitAsync(Cancel);
        bridge.Process.ExitCode.ShouldBe(0, bridge.All);
    }

    [Fact]
    public async Task A_cancelled_call_is_answered_no_more_and_what_it_began_goes_on()
    {
        var go = Path.Combine(State, "go");
        await WriteAsync($"workers:\n  slow: {{ command: [sh, -c, 'trap \"\" TERM; echo up; while [ ! -e {go} ]; do sleep 0.05; done'], ready: {{ log: up }}, stop: [{{ signal: TERM, wait: 25s }}] }}\n");
        await using var run = Executable.Start("workers", "run", "-f", ConfigurationFile, "--state-dir", State);
        await run.LineAsync("slow Running: ready");
        await using var client = await ConnectAsync();
        var code = (await CallAsync(client, "worker_stop", ("worker", "slow"), ("timeout_seconds", 25))).GetProperty("confirm").GetString();
        using (var impatient = CancellationTokenSource.CreateLinkedTokenSource(Cancel))
        {
            var stopping = client.CallToolAsync("worker_stop", new Dictionary<string, object?> { ["worker"] = "slow", ["timeout_seconds"] = 25, ["confirm"] = code }, cancellationToken: impatient.Token).AsTask();
            await run.LineAsync("slow Stopping");
            await impatient.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(stopping);
        }

        (await CallAsync(client, "worker_why", ("worker", "slow"))).GetProperty("state").GetString().ShouldBe("Stopping");
        await File.WriteAllTextAsync(go, "", Cancel);
        await run.LineAsync("slow Stopped");
        (await run.SignalAsync(15)).ShouldBe(0);
    }

    /// <summary>A manager that listens by now, too: it says so only over TCP.</summary>
    private async Task<Executable> ServeAsync()
    {
        await WriteAsync("workers:\n  sleeper: { command: [sleep, '1000'] }\n");
        var run = Executable.Start("workers", "run", "-f", ConfigurationFile, "--state-dir", State, "--listen", "127.0.0.1:0");
        await run.LineAsync("dashboard and API:");
        await run.LineAsync("sleeper Running");
        return run;
    }

    private Task<McpClient> ConnectAsync() =>
        McpClient.CreateAsync(new StdioClientTransport(new() { Command = Workers, Arguments = ["mcp", "--state-dir", State] }), cancellationToken: Cancel);
}
