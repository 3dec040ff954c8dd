using System.Text.Json;
using CodeAnalysisServer.Storage;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using WorkerManagement.Posix;
using static EndToEnd.Tests.ToolCalls;

namespace EndToEnd.Tests;

/// <summary>What a coding assistant sees, through the SDK's own client, over both transports.</summary>
public sealed class McpTests : ServerFixture
{
    private static readonly string[] Names =
    [
        "get_worker_status", "start_worker", "stop_worker", "restart_worker", "view_worker_logs", "get_database_status", "list_projects", "add_project", "update_indexes", "fulltext_search", "semantic_search", "hybrid_search",
        "search_regex", "get_code_entity_info", "find_usages", "find_callers", "find_callees", "find_dependencies", "get_class_hierarchy", "get_file_outline", "list_indexing_errors", "check_vectors", "repair_database",
    ];

    private static string Server => Path.Combine(AppContext.BaseDirectory, "code-analysis-server");

    [Fact]
    public async Task Every_tool_is_there_over_both_transports_with_its_effect_told()
    {
        await using var server = Serve();
        using var http = await ConnectAsync(server);
        foreach (var client in (McpClient[])[await OverHttpAsync(http), await OverStdioAsync()])
        {
            await using (client)
            {
                var tools = await client.ListToolsAsync(cancellationToken: Cancel);
                tools.Select(tool => tool.Name).Order().ShouldBe(Names.Order());
                foreach (var tool in tools)
                {
                    var annotations = tool.ProtocolTool.Annotations.ShouldNotBeNull();
                    var reads = tool.Name is not ("start_worker" or "stop_worker" or "restart_worker" or "add_project" or "update_indexes" or "repair_database");
                    annotations.ReadOnlyHint.ShouldBe(reads, tool.Name);
                    annotations.DestructiveHint.ShouldBe(tool.Name is "stop_worker" or "restart_worker" or "repair_database", tool.Name);
                    tool.Description.Length.ShouldBeGreaterThan(80);
                    tool.ProtocolTool.OutputSchema.ShouldNotBeNull();
                }
            }
        }

        (await server.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task Code_is_found_by_words_by_pattern_by_name_and_by_its_usages()
    {
        await WriteAsync("a.cs", "using System.Text; namespace Zoo;\n\npublic interface IAnimal;\n\npublic class Quagga : IAnimal\n{\n    public int Stripes() => 7;\n}\n\npublic class Keeper\n{\n    public int Count(Quagga quagga) => quagga.Stripes();\n}\n");
        await WriteAsync("b.txt", "one okapi\ntwo okapi\nthree okapi\n");
        await using var server = Serve();
        using var http = await ConnectAsync(server);
        await server.LineAsync("index ready: 2 files");
        await using var client = await OverHttpAsync(http);

        var hit = (await CallAsync(client, "fulltext_search", ("query", "quagga stripes"))).GetProperty("hits")[0];
        (hit.GetProperty("root").GetString(), hit.GetProperty("path").GetString()).ShouldBe((Tree, "a.cs"));
        hit.GetProperty("matched").GetProperty("words").GetArrayLength().ShouldBeGreaterThan(0);
        (await CallAsync(client, "hybrid_search", ("query", "how many stripes"))).GetProperty("hits").GetArrayLength().ShouldBeGreaterThan(0);
        (await CallAsync(client, "semantic_search", ("query", "Stripes"))).GetProperty("hits").GetArrayLength().ShouldBeGreaterThan(0);

        List<int> lines = [];
        string? cursor = null;
        do
        {
            var page = await CallAsync(client, "search_regex", ("pattern", "^\\w+ okapi$"), ("limit", 1), ("cursor", cursor));
            lines.AddRange(page.GetProperty("hits").EnumerateArray().Select(line => line.GetProperty("start_line").GetInt32()));
            cursor = page.GetProperty("next_cursor").GetString();
        }
        while (cursor is not null);
        lines.ShouldBe([1, 2, 3]);

        var entity = (await CallAsync(client, "get_code_entity_info", ("name", "Quagga.Stripes"))).GetProperty("entities")[0].GetProperty("entity");
        (entity.GetProperty("kind").GetString(), entity.GetProperty("start_line").GetInt32()).ShouldBe(("method", 7));
        var usages = (await CallAsync(client, "find_usages", ("entity", entity.GetProperty("id").GetInt64().ToString(null, null)))).GetProperty("usages");
        usages.EnumerateArray().Select(usage => (usage.GetProperty("start_line").GetInt32(), usage.GetProperty("binding").GetString())).ShouldBe([(12, "Semantic")]);
        (await CallAsync(client, "get_class_hierarchy", ("entity", "Zoo.Quagga"))).GetProperty("bases").EnumerateArray().ShouldContain(one => one.GetProperty("relation").GetString() == "interface" && one.GetProperty("name").GetString()!.Contains("IAnimal", StringComparison.Ordinal));
        (await CallAsync(client, "find_dependencies", ("entity", "Zoo.Keeper"))).GetProperty("dependencies").EnumerateArray().ShouldContain(one => one.GetProperty("name").GetString()!.Contains("Quagga", StringComparison.Ordinal));
        var imports = await CallAsync(client, "find_dependencies", ("path", "a.cs"));
        imports.GetProperty("entity").ValueKind.ShouldBe(JsonValueKind.Null);
        imports.GetProperty("dependencies").EnumerateArray().Select(one => (one.GetProperty("kind").GetString(), one.GetProperty("name").GetString())).ShouldBe([("import", "System.Text"), ("type", "Zoo.IAnimal"), ("type", "Zoo.Quagga")], ignoreOrder: true);
        var callers = await CallAsync(client, "find_callers", ("entity", "Quagga.Stripes"));
        callers.GetProperty("calls").EnumerateArray().Select(call => (call.GetProperty("name").GetString(), call.GetProperty("count").GetInt32(), call.GetProperty("start_line").GetInt32(), call.GetProperty("binding").GetString())).ShouldBe([("Zoo.Keeper.Count", 1, 12, "Semantic")]);
        (await CallAsync(client, "find_callees", ("entity", "Keeper.Count"))).GetProperty("calls").EnumerateArray().Select(call => call.GetProperty("entity").GetProperty("qualified_name").GetString()).ShouldBe(["Zoo.Quagga.Stripes"]);
        (await CallAsync(client, "get_file_outline", ("path", "a.cs"))).GetProperty("entities").GetArrayLength().ShouldBeGreaterThanOrEqualTo(5);
        (await CallAsync(client, "list_indexing_errors")).GetProperty("total").GetInt64().ShouldBe(0);
        (await CallAsync(client, "check_vectors")).GetProperty("ok").GetBoolean().ShouldBeTrue();
        (await server.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task What_is_refused_is_a_tool_error_that_says_what_to_do()
    {
        await WriteAsync("a.cs", "class A;\n");
        await using var server = Serve();
        using var http = await ConnectAsync(server);
        await server.LineAsync("index ready: 1 files");
        await using var client = await OverHttpAsync(http);
        (await RefusedAsync(client, "get_file_outline", ("path", "/etc/passwd"))).ShouldContain("lies outside of the roots");
        (await RefusedAsync(client, "get_file_outline", ("path", "../../etc/passwd"))).ShouldContain("lies outside of the roots");
        (await RefusedAsync(client, "get_file_outline", ("path", "a.cs\0"))).ShouldContain("NUL");
        (await RefusedAsync(client, "search_regex", ("pattern", "x"), ("root", "/etc"))).ShouldContain("is not one of the roots");
        (await RefusedAsync(client, "search_regex", ("pattern", "(a)\\1"))).ShouldContain("cannot be searched for");
        (await RefusedAsync(client, "fulltext_search")).ShouldContain("give 'query'");
        (await RefusedAsync(client, "fulltext_search", ("query", "a"), ("limit", 1000))).ShouldContain("from 1 to 200");
        (await RefusedAsync(client, "fulltext_search", ("query", "a"), ("bogus", 1))).ShouldContain("has no argument 'bogus'");
        (await RefusedAsync(client, "fulltext_search", ("query", "a"), ("cursor", "bogus"))).ShouldContain("cursor");
        (await RefusedAsync(client, "find_dependencies")).ShouldContain("either 'entity'");
        (await RefusedAsync(client, "find_dependencies", ("path", "../../etc/passwd"))).ShouldContain("lies outside of the roots");
        (await RefusedAsync(client, "find_callers", ("entity", "A"), ("cursor", "bogus"))).ShouldContain("cursor");
        (await RefusedAsync(client, "find_usages", ("entity", "Nobody"))).ShouldContain("nothing is named 'Nobody'");
        (await RefusedAsync(client, "stop_worker", ("worker", "bogus"))).ShouldContain("there is no worker 'bogus'");
        (await RefusedAsync(client, "add_project", ("root", "relative"))).ShouldContain("is not an absolute path");
        (await RefusedAsync(client, "add_project", ("root", Data))).ShouldContain("lies in the data directory");
        (await server.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task A_project_that_is_added_is_followed_at_once_and_after_a_restart_until_it_is_removed()
    {
        await WriteAsync("outer/a.txt", "okapi\n");
        await WriteAsync("outer/inner/b.txt", "okapi\n");
        await WriteAsync("other/c.csproj", "<Project />\n");
        string[] roots = ["--root", Path.Combine(Tree, "outer")];
        await using (var server = Serve(roots))
        {
            using var http = await ConnectAsync(server);
            await server.LineAsync("index ready: 2 files");
            await using var client = await OverHttpAsync(http);
            (await CallAsync(client, "add_project", ("root", Path.Combine(Tree, "other")))).GetProperty("changed").GetBoolean().ShouldBeTrue();
            (await CallAsync(client, "add_project", ("root", Path.Combine(Tree, "outer", "inner")))).GetProperty("changed").GetBoolean().ShouldBeTrue();
            await DatabaseAsync(reading => reading.Scalar("SELECT count(*) FROM projects WHERE state = 'watching'") is 3L && reading.Scalar("SELECT count(*) FROM files") is 3L);
            var other = (await CallAsync(client, "list_projects")).GetProperty("projects")[0];
            (other.GetProperty("root").GetString(), other.GetProperty("added").GetBoolean(), other.GetProperty("files").GetInt64(), other.GetProperty("markers")[0].GetString()).ShouldBe((Path.Combine(Tree, "other"), true, 1, "c.csproj"));
            await WriteAsync("other/d.txt", "zebra\n");
            await server.LineAsync("added d.txt");
            (await PathsAsync(http, "/search?q=okapi")).Order().ShouldBe(["a.txt", "b.txt"]);
            (await server.SignalAsync(15)).ShouldBe(0);
        }

        await using (var server = Serve(roots))
        {
            using var http = await ConnectAsync(server);
            await server.LineAsync("index ready: 4 files");
            using var removed = await http.DeleteAsync(new Uri($"/projects?root={Uri.EscapeDataString(Path.Combine(Tree, "outer", "inner"))}", UriKind.Relative), Cancel);
            removed.EnsureSuccessStatusCode();
            await DatabaseAsync(reading => reading.Scalar("SELECT count(*) FROM files WHERE path = 'inner/b.txt'") is 1L);
            (await PathsAsync(http, "/search?q=okapi")).Order().ShouldBe(["a.txt", "inner/b.txt"]);
            (await server.SignalAsync(15)).ShouldBe(0);
        }
    }

    [Fact]
    public async Task Without_a_server_the_stdio_process_is_it_and_nothing_is_left_when_its_client_kills_its_tree()
    {
        await WriteAsync("a.txt", "okapi\n");
        PidFd[] pins;
        await using (var client = await OverStdioAsync())
        {
            (await CallAsync(client, "update_indexes", ("wait_seconds", 60))).GetProperty("done").GetBoolean().ShouldBeTrue();
            (await CallAsync(client, "fulltext_search", ("query", "okapi"))).GetProperty("hits")[0].GetProperty("path").GetString().ShouldBe("a.txt");
            // Another one uses the first.
            await using var second = await OverStdioAsync();
            var mine = (await CallAsync(client, "get_worker_status")).GetProperty("manager").GetProperty("pid").GetInt32();
            (await CallAsync(second, "get_worker_status")).GetProperty("manager").GetProperty("pid").GetInt32().ShouldBe(mine);
            pins = [.. Pids().Select(PidFd.TryOpen).OfType<PidFd>()];
            pins.Length.ShouldBeGreaterThanOrEqualTo(1 + 2 + 4);
        }

        // This client's end is SIGKILL for the server, its guards and its workers alike: all were told to die, not yet seen dead.
        foreach (var pin in pins)
        {
            await EndOf(pin);
        }

        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task The_stdio_process_stops_everything_and_exits_with_0_when_its_input_ends()
    {
        await WriteAsync("a.txt", "okapi\n");
        await using var process = Executable.StartWithInput("code-analysis-server", "mcp", "--root", Tree, "--data", Data);
        await process.Process.StandardInput.WriteLineAsync("""{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""");
        await process.Process.StandardInput.WriteLineAsync("""{"jsonrpc":"2.0","id":2,"method":"tools/list"}""");
        await process.Process.StandardInput.FlushAsync(Cancel);
        (await process.LineAsync("\"id\":2")).ShouldContain("fulltext_search");
        process.Process.StandardInput.Close();
        await process.Process.WaitForExitAsync(Cancel);
        process.Process.ExitCode.ShouldBe(0, process.All);
        await NothingIsLeftAsync();
    }

    internal static Task<McpClient> OverHttpAsync(HttpClient http) =>
        McpClient.CreateAsync(new HttpClientTransport(new() { Endpoint = new(http.BaseAddress!, "/mcp"), TransportMode = HttpTransportMode.StreamableHttp }), cancellationToken: Cancel);

    private Task<McpClient> OverStdioAsync() =>
        McpClient.CreateAsync(new StdioClientTransport(new() { Command = Server, Arguments = ["mcp", "--root", Tree, "--data", Data], ShutdownTimeout = TimeSpan.FromSeconds(60) }), cancellationToken: Cancel);
}
