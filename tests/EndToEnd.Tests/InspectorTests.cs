using System.Diagnostics;
using System.Text.Json;
using WorkerManagement.Posix;

namespace EndToEnd.Tests;

/// <summary>Clients that no one here wrote: the MCP Inspector's command line, and an OpenAPI validator. Skipped where node or the npm registry is not at hand.</summary>
public sealed class InspectorTests : ServerFixture
{
    private const string Inspector = "@modelcontextprotocol/inspector@2.12.0", Validator = "@apidevtools/swagger-parser@13.1.0";

    // Each tool, and arguments that make sense for the tree below. Those that stop something come last.
    private static readonly (string Tool, string[] Arguments)[] Calls =
    [
        ("list_projects", []), ("get_database_status", []), ("get_worker_status", []), ("check_vectors", []), ("list_indexing_errors", []), ("repair_database", []),
        ("fulltext_search", ["query=quagga"]), ("semantic_search", ["query=quagga"]), ("hybrid_search", ["query=quagga"]), ("search_regex", ["pattern=class \\w+"]),
        ("get_code_entity_info", ["name=Quagga"]), ("find_usages", ["entity=Quagga"]), ("find_callers", ["entity=Keeper"]), ("find_callees", ["entity=Keeper"]), ("find_dependencies", ["path=a.cs"]), ("get_class_hierarchy", ["entity=Quagga"]), ("get_file_outline", ["path=a.cs"]),
        ("view_worker_logs", ["worker=repair"]), ("add_project", ["root=TREE/more"]), ("update_indexes", ["wait_seconds=60"]), ("restart_worker", ["worker=repair"]), ("stop_worker", ["worker=repair"]), ("start_worker", ["worker=repair"]),
    ];

    // The manager's own. What would end something answers with its plan.
    private static readonly (string Tool, string[] Arguments)[] ManagerCalls =
    [
        ("worker_status", []), ("worker_why", ["worker=repair_main"]), ("worker_logs", ["worker=repair_main"]), ("worker_events", []), ("worker_capsules", []), ("worker_capsule", ["id=repair_main"]),
        ("worker_restart", ["worker=repair_main"]), ("worker_stop", ["worker=repair_main"]), ("worker_start", ["worker=repair_main"]),
    ];

    [Fact]
    public async Task The_inspector_lists_and_calls_every_tool_over_http_and_stdio()
    {
        var program = await InstallAsync(Inspector, "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js");
        await WriteAsync("a.cs", "class Quagga;\n\nclass Keeper { public Quagga? Animal; }\n");
        await WriteAsync("more/b.txt", "okapi\n");
        await using var server = Serve();
        using var http = await ConnectAsync(server);
        await server.LineAsync("index ready: 2 files");
        // Something for a capsule to tell of.
        using (var pinned = PidFd.TryOpen(PidOf(await StatusAsync(http, AllReady), "repair")).ShouldNotBeNull())
        {
            pinned.Send(9).ShouldBeTrue();
        }

        await StatusAsync(http, workers => AllReady(workers) && workers.Any(worker => worker.GetProperty("restarts").GetInt32() == 1));
        await InspectAsync(program, [new Uri(http.BaseAddress!, "/mcp").ToString()], Calls);
        await InspectAsync(program, [Path.Combine(AppContext.BaseDirectory, "code-analysis-server"), "mcp", "--root", Tree, "--data", Data], Calls);
        await InspectAsync(program, [new Uri(http.BaseAddress!, "/workers/v1/mcp").ToString()], ManagerCalls);
        await InspectAsync(program, [Path.Combine(AppContext.BaseDirectory, "workers"), "mcp", "--state-dir", Path.Combine(Data, "workers")], ManagerCalls);
        (await server.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task A_validator_passes_the_openapi_document()
    {
        await InstallAsync(Validator, "node_modules/@apidevtools/swagger-parser/package.json");
        await using var server = Serve();
        using var http = await ConnectAsync(server);
        var document = Path.Combine(Tree, "v1.json");
        await File.WriteAllTextAsync(document, await http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), Cancel), Cancel);
        string[] validate = ["-e", "require('@apidevtools/swagger-parser').validate(process.argv[1]).then(api => console.log(Object.keys(api.paths).length), wrong => { console.error(wrong.message); process.exit(1) })", document];
        var (code, output, error) = await RunAsync(validate);
        (code, error).ShouldBe((0, ""));
        int.Parse(output, null).ShouldBeGreaterThan(15);

        // The manager has one of its own.
        await File.WriteAllTextAsync(document, await http.GetStringAsync(new Uri("/v1/openapi.json", UriKind.Relative), Cancel), Cancel);
        (code, output, error) = await RunAsync(validate);
        (code, error).ShouldBe((0, ""));
        int.Parse(output, null).ShouldBeGreaterThan(15);
        (await server.SignalAsync(15)).ShouldBe(0);
    }

    private async Task InspectAsync(string program, string[] target, (string Tool, string[] Arguments)[] calls)
    {
        var (code, listed, errors) = await RunAsync([program, "--cli", .. target, "--method", "tools/list", "--strict"]);
        code.ShouldBe(0, errors);
        using var tools = JsonDocument.Parse(listed);
        tools.RootElement.GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()).Order().ShouldBe(calls.Select(call => call.Tool).Order());
        foreach (var (tool, arguments) in calls)
        {
            var (called, output, error) = await RunAsync([program, "--cli", .. target, "--method", "tools/call", "--tool-name", tool, .. arguments.Length > 0 ? (string[])["--tool-arg", .. arguments.Select(argument => argument.Replace("TREE", Tree, StringComparison.Ordinal))] : []]);
            called.ShouldBe(0, $"{tool}: {output} {error}");
            using var answer = JsonDocument.Parse(output);
            answer.RootElement.GetProperty("structuredContent").ValueKind.ShouldBe(JsonValueKind.Object, tool);
        }
    }

    private string Modules => Path.Combine(Data, "npm");

    private async Task<string> InstallAsync(string package, string file)
    {
        Directory.CreateDirectory(Modules);
        try
        {
            var (code, output, error) = await RunAsync(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", Modules, package], "npm");
            Assert.SkipUnless(code == 0, $"npm cannot install {package}: {output} {error}");
        }
        catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
        {
            Assert.Skip($"npm does not reach its registry: it did not install {package} within 5 minutes");
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            Assert.Skip($"node and npm are not installed: {exception.Message}");
        }

        return Path.Combine(Modules, file);
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(string[] arguments, string program = "node")
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Modules })!;
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        bound.CancelAfter(TimeSpan.FromMinutes(5));
        var (output, error) = (process.StandardOutput.ReadToEndAsync(bound.Token), process.StandardError.ReadToEndAsync(bound.Token));
        try
        {
            await process.WaitForExitAsync(bound.Token);
            return (process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            // What it started goes with it: npm does its work in children.
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
