using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using WorkerManagement.Api;
using WorkerManagement.Posix;
using static EndToEnd.Tests.ToolCalls;

namespace WorkerManagement.Hosting.Tests;

/// <summary>What an assistant sees of a manager, through the SDK's own client.</summary>
public sealed class McpTests
{
    private static readonly string[] Reading = ["worker_status", "worker_why", "worker_logs", "worker_events", "worker_capsules", "worker_capsule"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("/workers")]
    public async Task Each_tool_is_there_with_its_effect_told(string prefix)
    {
        await using var server = await new ApiServer().StartAsync(prefix);
        await using var client = await ConnectAsync(server, prefix);
        client.ServerInfo.ShouldNotBeNull().Name.ShouldBe("workers");
        client.ServerInstructions.ShouldNotBeNull().ShouldContain("plan");
        var tools = await client.ListToolsAsync(cancellationToken: Cancel);
        tools.Select(tool => tool.Name).ShouldBe([.. Reading, "worker_start", "worker_stop", "worker_restart"]);
        foreach (var tool in tools)
        {
            var annotations = tool.ProtocolTool.Annotations.ShouldNotBeNull();
            annotations.ReadOnlyHint.ShouldBe(Reading.Contains(tool.Name), tool.Name);
            annotations.DestructiveHint.ShouldBe(tool.Name is "worker_stop" or "worker_restart", tool.Name);
            annotations.IdempotentHint.ShouldBe(tool.Name is not "worker_restart", tool.Name);
            tool.Description.Length.ShouldBeGreaterThan(80);
        }
    }

    [Fact]
    public async Task A_stop_needs_the_code_of_its_plan_and_really_stops()
    {
        await using var server = await new ApiServer().StartAsync();
        await server.Manager.StartWorkersAsync([ApiServer.Sleep("a") with { Type = "pair" }, ApiServer.Sleep("b") with { Type = "pair", DependsOn = new Dictionary<string, DependencyCondition> { ["a"] = DependencyCondition.Started } }, ApiServer.Sleep("c")], Cancel);
        var pids = server.Manager.GetWorkerStatus().Workers.ToDictionary(worker => worker.Name, worker => worker.Pid!.Value);
        using PidFd a = PidFd.TryOpen(pids["a"]).ShouldNotBeNull(), b = PidFd.TryOpen(pids["b"]).ShouldNotBeNull(), c = PidFd.TryOpen(pids["c"]).ShouldNotBeNull();
        await using var client = await ConnectAsync(server);

        var planned = await CallAsync(client, "worker_stop", ("worker", "pair"), ("timeout_seconds", 7));
        planned.GetProperty("done").GetBoolean().ShouldBeFalse();
        var plan = planned.GetProperty("plan");
        plan.GetProperty("steps").EnumerateArray().Select(step => string.Join(',', step.EnumerateArray().Select(worker => worker.GetProperty("name").GetString()))).ShouldBe(["b", "a"]);
        plan.GetProperty("worst_case_seconds").GetDouble().ShouldBeInRange(1, 7);
        var code = planned.GetProperty("confirm").GetString()!;

        // No word that an assistant knows beforehand does it, nor the code of another plan.
        foreach (var guess in (string[])["true", "yes", "stop", code + "0"])
        {
            (await RefusedAsync(client, "worker_stop", ("worker", "pair"), ("timeout_seconds", 7), ("confirm", guess))).ShouldContain("nothing was done");
        }

        (await RefusedAsync(client, "worker_stop", ("worker", "c"), ("confirm", code))).ShouldContain("nothing was done");
        (await RefusedAsync(client, "worker_restart", ("worker", "a"), ("confirm", code))).ShouldContain("nothing was done");
        (a.HasEnded, b.HasEnded, c.HasEnded).ShouldBe((false, false, false));

        var stopped = await CallAsync(client, "worker_stop", ("worker", "pair"), ("timeout_seconds", 7), ("confirm", code));
        stopped.GetProperty("done").GetBoolean().ShouldBeTrue();
        stopped.GetProperty("workers").EnumerateArray().Select(worker => worker.GetProperty("outcome").GetString()).ShouldBe(["cooperative", "cooperative"]);
        (a.HasEnded, b.HasEnded, c.HasEnded).ShouldBe((true, true, false));
        (await CallAsync(client, "worker_start", ("worker", "a"))).GetProperty("state").GetString().ShouldBe("Running");

        var restart = await CallAsync(client, "worker_restart", ("worker", "c"));
        restart.GetProperty("then_started_again").GetBoolean().ShouldBeTrue();
        c.HasEnded.ShouldBeFalse();
        var restarted = await CallAsync(client, "worker_restart", ("worker", "c"), ("confirm", restart.GetProperty("confirm").GetString()));
        c.HasEnded.ShouldBeTrue();
        restarted.GetProperty("worker").GetProperty("pid").GetInt32().ShouldNotBe(pids["c"]);
    }

    [Fact]
    public async Task A_crash_is_told_and_what_it_wrote_acts_on_no_terminal()
    {
        await using var server = await new ApiServer().StartAsync();
        await server.Manager.StartWorkerAsync(new WorkerSpec { Name = "crash", Command = ["/bin/sh", "-c", "printf 'red \\033[31mwords\\n'; echo second >&2; exit 3"], Restart = RestartPolicy.Temporary }, Cancel);
        await server.WhenAsync(worker => worker is { Name: "crash", State: WorkerState.Stopped, Exit.Code: 3 });
        await using var client = await ConnectAsync(server);

        var status = await CallAsync(client, "worker_status");
        (status.GetProperty("total").GetInt32(), status.GetProperty("by_state").GetProperty("Stopped").GetInt32()).ShouldBe((1, 1));
        var why = await CallAsync(client, "worker_why", ("worker", "crash"));
        why.GetProperty("last_exit").GetProperty("code").GetInt32().ShouldBe(3);
        why.GetProperty("last_output").EnumerateArray().Select(line => line.GetString()).ShouldContain("red \uFFFD[31mwords");
        var logs = await CallAsync(client, "worker_logs", ("worker", "crash"), ("stream", "stdout"));
        logs.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("text").GetString()).ShouldBe(["red \uFFFD[31mwords"]);
        (await CallAsync(client, "worker_events", ("worker", "crash"), ("limit", 1))).GetProperty("earlier").GetInt32().ShouldBeGreaterThan(0);
        // A capsule waits for the end of the output; the manager's end waits for the capsules.
        await server.Manager.DisposeAsync();
        var capsule = (await CallAsync(client, "worker_capsules")).GetProperty("capsules")[0];
        var text = (await CallAsync(client, "worker_capsule", ("id", capsule.GetProperty("id").GetString()))).GetProperty("text").GetString()!;
        text.ShouldContain("exit code 3");
        text.ShouldContain("red \uFFFD[31mwords");
        text.ShouldNotContain('\u001b');
        (await CallAsync(client, "worker_capsule", ("id", "crash"))).GetProperty("text").GetString().ShouldBe(text);
    }

    [Fact]
    public async Task Answers_are_bounded()
    {
        await using var server = await new ApiServer().StartAsync();
        await server.Manager.StartWorkerAsync(new WorkerSpec { Name = "loud", Command = ["/bin/sh", "-c", "i=0; while [ $i -lt 400 ]; do i=$((i+1)); printf '%05d%03000d\\n' $i 0; done; exec sleep 1000"], Ready = new ReadinessProbe.LogLine("^00400") }, Cancel);
        await server.WhenAsync(worker => worker is { Name: "loud", Ready: true });
        await using var client = await ConnectAsync(server);
        var logs = await CallAsync(client, "worker_logs", ("worker", "loud"), ("lines", 300));
        var lines = logs.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("text").GetString()!).ToArray();
        lines[^1].ShouldStartWith("00400");
        lines[^1].ShouldEndWith("… (1005 more characters)");
        lines.Sum(line => line.Length).ShouldBeLessThan(50_000);
        (lines.Length + logs.GetProperty("left_out").GetInt32()).ShouldBe(300);
        (await CallAsync(client, "worker_logs", ("worker", "loud"), ("lines", 2), ("grep", "^0000[12]"))).GetProperty("lines").GetArrayLength().ShouldBe(2);

        await server.Manager.StartWorkersAsync([.. Enumerable.Range(0, 3).Select(number => ApiServer.Sleep($"many-{number}"))], Cancel);
        var status = await CallAsync(client, "worker_status", ("limit", 2));
        (status.GetProperty("total").GetInt32(), status.GetProperty("workers").GetArrayLength(), status.GetProperty("left_out").GetInt32()).ShouldBe((4, 2, 2));
    }

    [Fact]
    public async Task What_is_refused_is_a_tool_error_that_says_what_to_do()
    {
        await using var server = await new ApiServer().StartAsync();
        await server.Manager.StartWorkerAsync(ApiServer.Sleep("sleeper"), Cancel);
        await using var client = await ConnectAsync(server);
        (await RefusedAsync(client, "worker_why", ("worker", "sleepr"))).ShouldContain("sleeper");
        (await RefusedAsync(client, "worker_stop", ("worker", "sleepr"))).ShouldContain("there is no worker or type 'sleepr'");
        (await RefusedAsync(client, "worker_start", ("worker", "nobody"))).ShouldContain("there is no managed worker 'nobody'");
        (await RefusedAsync(client, "worker_stop")).ShouldContain("give 'worker'");
        (await RefusedAsync(client, "worker_stop", ("worker", "sleeper"), ("confirmed", true))).ShouldContain("has no argument 'confirmed'; it takes worker, timeout_seconds, confirm");
        (await RefusedAsync(client, "worker_logs", ("worker", "sleeper"), ("lines", 100000))).ShouldContain("from 1 to 500");
        (await RefusedAsync(client, "worker_logs", ("worker", "sleeper"), ("grep", "("))).ShouldContain("grep is no regular expression");
        (await RefusedAsync(client, "worker_logs", ("worker", "../../etc/passwd"))).ShouldContain("there is no worker");
        (await RefusedAsync(client, "worker_events", ("since", "yesterday-ish"))).ShouldContain("is no moment");
        (await RefusedAsync(client, "worker_capsule", ("id", "../x.1"))).ShouldContain("there is no crash capsule");
    }

    [Fact]
    public async Task Over_tcp_only_with_the_token_by_address_and_from_no_foreign_page()
    {
        await using var server = await StartGuardedAsync();
        var token = (await File.ReadAllTextAsync(TokenFile(server), Cancel)).Trim();
        (await PostAsync(server, null)).ShouldBe(HttpStatusCode.Unauthorized);
        (await PostAsync(server, token[..^1])).ShouldBe(HttpStatusCode.Unauthorized);
        (await PostAsync(server, token, host: "evil.example")).ShouldBe(HttpStatusCode.MisdirectedRequest);
        (await PostAsync(server, token, origin: "http://evil.example")).ShouldBe(HttpStatusCode.Forbidden);
        (await PostAsync(server, token)).ShouldBe(HttpStatusCode.OK);
        await Should.ThrowAsync<HttpRequestException>(async () => await ConnectAsync(server));
        server.Http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        await using var client = await ConnectAsync(server);
        (await CallAsync(client, "worker_status")).GetProperty("total").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task An_applications_own_mcp_is_its_own_and_other_methods_are_told()
    {
        await using var own = await new ApiServer().StartAsync(configure: app => app.MapPost("/mcp", (RequestDelegate)(context => context.Response.WriteAsync("mine"))));
        using var answer = await own.Http.PostAsync(new Uri("/mcp", UriKind.Relative), new StringContent("{}"), Cancel);
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe("mine");
        await using var server = await new ApiServer().StartAsync();
        using var got = await server.Http.GetAsync(new Uri("/v1/mcp", UriKind.Relative), Cancel);
        (got.StatusCode, got.Content.Headers.Allow.Single(), got.Content.Headers.ContentType?.MediaType).ShouldBe((HttpStatusCode.MethodNotAllowed, "POST", "application/problem+json"));
    }

    [Theory]
    [InlineData("nonsense", 400, "-32700")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"\ud800"}""", 400, "-32700")]
    [InlineData("""{"jsonrpc":"2.0","id":"\udc00","method":"ping"}""", 400, "-32700")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"worker_why","arguments":{"\ud800":"a"}}}""", 400, "half of a surrogate pair")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":5}""", 200, "-32600")]
    [InlineData("[]", 200, "-32600")]
    [InlineData("7", 200, "-32600")]
    [InlineData("""{"jsonrpc":"2.0","id":{},"method":"ping"}""", 202, "")]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/initialized"}""", 202, "")]
    [InlineData("""{"jsonrpc":"2.0","id":"a","method":"resources/list"}""", 200, "-32601")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"format_disk"}}""", 200, "-32602")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":7}""", 200, "-32602")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"worker_status","arguments":[]}}""", 200, "one JSON object")]
    [InlineData("""{"jsonrpc":"2.0","id":9,"method":"ping"}""", 200, "\"id\":9")]
    public async Task A_malformed_message_is_answered_as_json_rpc_has_it(string message, int status, string told)
    {
        await using var server = await new ApiServer().StartAsync();
        using var answer = await server.Http.PostAsync(new Uri("/v1/mcp", UriKind.Relative), new StringContent(message, Encoding.UTF8, "application/json"), Cancel);
        ((int)answer.StatusCode).ShouldBe(status);
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldContain(told);
    }

    private static string TokenFile(ApiServer server) => Path.Combine(server.State, "api.token");

    private static async Task<ApiServer> StartGuardedAsync()
    {
        var server = new ApiServer();
        return await server.StartAsync(configure: app => app.UseWorkerManagerToken(TokenFile(server)));
    }

    private static async Task<HttpStatusCode> PostAsync(ApiServer server, string? token, string? host = null, string? origin = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/mcp") { Content = new StringContent("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        (request.Headers.Host, request.Headers.Authorization) = (host, token is null ? null : new AuthenticationHeaderValue("Bearer", token));
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        using var answer = await server.Http.SendAsync(request, Cancel);
        return answer.StatusCode;
    }

    private static Task<McpClient> ConnectAsync(ApiServer server, string prefix = "") =>
        McpClient.CreateAsync(new HttpClientTransport(new() { Endpoint = new(server.Address, prefix + "/v1/mcp"), TransportMode = HttpTransportMode.StreamableHttp }, server.Http), cancellationToken: Cancel);
}
