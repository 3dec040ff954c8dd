namespace EndToEnd.Tests;

/// <summary>An index that has to be built again loses nothing that the trees do not hold.</summary>
public sealed class RebuiltTests : ServerFixture
{
    [Fact]
    public async Task A_project_that_was_added_is_followed_again_after_its_database_was_destroyed()
    {
        await WriteAsync("given/a.txt", "okapi\n");
        await WriteAsync("added/b.txt", "zebra\n");
        string[] roots = ["--root", Path.Combine(Tree, "given")];
        await using (var server = Serve(roots))
        {
            using var http = await ConnectAsync(server);
            await server.LineAsync("index ready: 1 files");
            await using var client = await McpTests.OverHttpAsync(http);
            await ToolCalls.CallAsync(client, "add_project", ("root", Path.Combine(Tree, "added")));
            (await server.SignalAsync(15)).ShouldBe(0);
        }

        await File.WriteAllTextAsync(Path.Combine(Data, "index.db"), string.Concat(Enumerable.Repeat("not a database ", 1000)), Cancel);
        await using (var server = Serve(roots))
        {
            using var http = await ConnectAsync(server);
            await server.LineAsync("index ready: 2 files");
            (await PathsAsync(http, "/search?q=zebra")).ShouldBe(["b.txt"]);
            await using var client = await McpTests.OverHttpAsync(http);
            (await ToolCalls.CallAsync(client, "get_worker_status")).GetProperty("workers").EnumerateArray().Single(worker => worker.GetProperty("type").GetString() == "sqlite_queue").GetProperty("status_text").GetString()!.ShouldContain("is set aside");
            (await http.DeleteAsync(new Uri($"/projects?root={Uri.EscapeDataString(Path.Combine(Tree, "added"))}", UriKind.Relative), Cancel)).EnsureSuccessStatusCode();
            (await server.SignalAsync(15)).ShouldBe(0);
        }

        await File.WriteAllTextAsync(Path.Combine(Data, "index.db"), "not a database", Cancel);
        await using (var server = Serve(roots))
        {
            await server.LineAsync("index ready: 1 files");
            (await server.SignalAsync(15)).ShouldBe(0);
        }
    }
}
