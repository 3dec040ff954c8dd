using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace EndToEnd.Tests;

public sealed class ServerTests : ServerFixture
{
    [Fact]
    public async Task Ctrl_C_in_a_terminal_ends_everything_with_exit_code_0()
    {
        await WriteAsync("a.txt", "text\n");
        await using var terminal = Executable.StartInTerminal("code-analysis-server", "serve", "--root", Tree, "--data", Data, "--urls", "http://127.0.0.1:0");
        await terminal.LineAsync("index ready: 1 files");
        await terminal.Process.StandardInput.WriteAsync("\x3");
        await terminal.Process.StandardInput.FlushAsync(Cancel);
        await terminal.Process.WaitForExitAsync(Cancel);
        terminal.Process.ExitCode.ShouldBe(0, terminal.All);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Four_workers_index_a_tree_and_an_edit_is_found()
    {
        await WriteAsync("a.cs", "class HttpClientFactory { /* quagga */ }\n");
        await WriteAsync(".gitignore", "ignored.txt\n");
        await WriteAsync("ignored.txt", "quagga\n");
        await using var server = Serve();
        using var http = await ConnectAsync(server);
        await server.LineAsync("index ready: 2 files");
        using var status = JsonDocument.Parse(await http.GetStringAsync(new Uri("/v1/status", UriKind.Relative), Cancel));
        var workers = status.RootElement.GetProperty("workers").EnumerateArray().ToArray();
        workers.Select(worker => worker.GetProperty("type").GetString()).ShouldBe(["sqlite_queue", "file_watcher", "vectorization", "repair"]);
        workers.ShouldAllBe(worker => worker.GetProperty("alive").GetBoolean());
        (await PathsAsync(http, "/search?q=quagga")).ShouldBe(["a.cs"]);
        (await PathsAsync(http, "/search?q=http+client")).ShouldBe(["a.cs"]);
        (await PathsAsync(http, "/search/semantic?q=HttpClientFactory")).ShouldContain("a.cs");
        (await PathsAsync(http, "/search/hybrid?q=HttpClientFactory")).ShouldContain("a.cs");

        await WriteAsync("b.txt", "okapi\n");
        await server.LineAsync("added b.txt");
        (await PathsAsync(http, "/search?q=okapi")).ShouldBe(["b.txt"]);
        File.Delete(Path.Combine(Tree, "b.txt"));
        await server.LineAsync("removed b.txt");
        (await PathsAsync(http, "/search?q=okapi")).ShouldBeEmpty();

        var (code, output) = await Executable.RunAsync("code-analysis-server", "serve", "--root", Tree, "--data", Data, "--urls", "http://127.0.0.1:0");
        code.ShouldBe(2);
        output.ShouldContain($"process {server.Process.Id}");
        (await server.SignalAsync(2)).ShouldBe(0);
        await NothingIsLeftAsync();
        ShouldBeWhole(Data);
    }

    [Theory]
    [InlineData("serve --root /nonexistent --data DATA", "'/nonexistent' does not exist")]
    [InlineData("serve --root /etc/passwd --data DATA", "'/etc/passwd' is a file")]
    [InlineData("serve --root TREE --data TREE", "lies in the data directory")]
    [InlineData("serve --root TREE --data /etc/passwd/x", "cannot be made or written")]
    [InlineData("serve --root TREE --data DATA --urls http://0.0.0.0:0", "reached from other machines")]
    [InlineData("serve --root TREE --data DATA --urls nonsense", "is not an address")]
    [InlineData("serve --bogus", "--bogus")]
    [InlineData("worker bogus --data DATA", "bogus")]
    [InlineData("worker repair --data /nonexistent", "'/nonexistent' does not exist")]
    public async Task Wrong_use_is_told_without_a_stack_trace(string arguments, string told)
    {
        var (code, output) = await Executable.RunAsync("code-analysis-server", [.. arguments.Split(' ').Select(argument => argument.Replace("TREE", Tree, StringComparison.Ordinal).Replace("DATA", Data, StringComparison.Ordinal))]);
        output.ShouldContain(told);
        (code, output.Contains("   at ", StringComparison.Ordinal)).ShouldBe((2, false));
    }

    [Fact]
    public async Task A_port_in_use_is_told_and_nothing_is_left()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var (code, output) = await Executable.RunAsync("code-analysis-server", "serve", "--root", Tree, "--data", Data, "--urls", $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}");
        output.ShouldContain("name another address with --urls");
        (code, output.Contains("   at ", StringComparison.Ordinal)).ShouldBe((2, false));
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task The_tree_that_is_served_cannot_configure_the_server()
    {
        await WriteAsync("appsettings.json", """{ "Kestrel": { "Endpoints": { "Open": { "Url": "http://0.0.0.0:0" } } }, "urls": "http://0.0.0.0:0" }""");
        await using var server = Executable.Start("env", "-C", Tree, "ASPNETCORE_URLS=http://0.0.0.0:0", "ASPNETCORE_HTTP_PORTS=0", Path.Combine(AppContext.BaseDirectory, "code-analysis-server"), "serve", "--root", ".", "--data", Data, "--urls", "http://127.0.0.1:0");
        (await server.LineAsync("serving ")).ShouldStartWith($"serving {Tree} on http://127.0.0.1:");
        server.All.ShouldNotContain("0.0.0.0");
        (await server.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task What_a_web_page_makes_a_browser_send_is_refused()
    {
        await using var server = Serve();
        using var http = await ConnectAsync(server);
        async Task<HttpStatusCode> Send(HttpMethod method, string path, string? host, string? origin)
        {
            using var request = new HttpRequestMessage(method, path);
            request.Headers.Host = host;
            if (origin is not null)
            {
                request.Headers.Add("Origin", origin);
            }

            using var answer = await http.SendAsync(request, Cancel);
            return answer.StatusCode;
        }

        (await Send(HttpMethod.Get, "/v1/status", "evil.example", null)).ShouldBe(HttpStatusCode.MisdirectedRequest);
        (await Send(HttpMethod.Post, "/v1/types/unknown/stop", null, "http://evil.example")).ShouldBe(HttpStatusCode.Forbidden);
        (await Send(HttpMethod.Post, "/v1/types/unknown/stop", null, "http://127.0.0.1:1")).ShouldBe(HttpStatusCode.Forbidden);
        (await Send(HttpMethod.Post, "/v1/types/unknown/stop", null, "null")).ShouldBe(HttpStatusCode.Forbidden);
        (await Send(HttpMethod.Post, "/v1/types/unknown/stop", null, http.BaseAddress!.GetLeftPart(UriPartial.Authority))).ShouldBe(HttpStatusCode.OK);
        (await Send(HttpMethod.Post, "/v1/types/unknown/stop", null, null)).ShouldBe(HttpStatusCode.OK);
        (await Send(HttpMethod.Get, "/v1/status", $"localhost:{http.BaseAddress.Port}", null)).ShouldBe(HttpStatusCode.OK);

        // The manager's dashboard, under the same rules.
        (await http.GetStringAsync(new Uri("/workers", UriKind.Relative), Cancel)).ShouldContain("<base href=\"/workers/\">");
        (await Send(HttpMethod.Get, "/workers/v1/status", null, null)).ShouldBe(HttpStatusCode.OK);
        (await Send(HttpMethod.Get, "/workers", "evil.example", null)).ShouldBe(HttpStatusCode.MisdirectedRequest);
        await server.SignalAsync(15);
    }

    [Fact]
    public async Task No_query_is_a_server_error()
    {
        await WriteAsync("a.txt", "alpha \"beta\" 😀\n");
        await using var server = Serve();
        using var http = await ConnectAsync(server);
        await server.LineAsync("index ready: 1 files");
        string[] queries = ["\"", "a AND (", "text:", "{a b}: c", "*", "-", "!!!", "😀", "%00", "a%00b", "%ff%fe", "", "%20", new string('x', 1000), new string('x', 1001), string.Join('+', Enumerable.Range(0, 200).Select(i => $"w{i}")), "';DROP TABLE files;--"];
        foreach (var kind in (string[])["/search", "/search/semantic", "/search/hybrid"])
        {
            foreach (var query in queries)
            {
                using var answer = await http.GetAsync(new Uri($"{kind}?q={(query.StartsWith('%') || query.Contains('+', StringComparison.Ordinal) || query.Contains("%00", StringComparison.Ordinal) ? query : Uri.EscapeDataString(query))}", UriKind.Relative), Cancel);
                ((int)answer.StatusCode).ShouldBeOneOf(200, 400);
                using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));
                json.RootElement.TryGetProperty(answer.IsSuccessStatusCode ? "hits" : "detail", out _).ShouldBeTrue(query);
            }
        }

        using var hits = JsonDocument.Parse(await http.GetStringAsync(new Uri("/search?q=beta&limit=1", UriKind.Relative), Cancel));
        var hit = hits.RootElement.GetProperty("hits")[0];
        (hit.GetProperty("path").GetString(), hit.GetProperty("start_line").GetInt32(), hit.GetProperty("end_line").GetInt32(), hit.GetProperty("snippet").GetString()).ShouldBe(("a.txt", 1, 1, "alpha \"beta\" 😀"));
        hit.GetProperty("score").GetDouble().ShouldBeGreaterThan(0);
        await server.SignalAsync(15);
    }
}
