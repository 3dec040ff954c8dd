using System.Text.Json;
using CodeAnalysisServer.Storage;
using WorkerManagement;
using WorkerManagement.Posix;

namespace EndToEnd.Tests;

public sealed class ServerTests : IDisposable
{
    private readonly string _tree = Directory.CreateTempSubdirectory("tree-").FullName;
    private readonly string _data = Directory.CreateTempSubdirectory("data-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Four_workers_index_a_tree_and_an_edit_is_found()
    {
        await File.WriteAllTextAsync(Path.Combine(_tree, "a.cs"), "class HttpClientFactory { /* quagga */ }\n", Cancel);
        await File.WriteAllTextAsync(Path.Combine(_tree, ".gitignore"), "ignored.txt\n", Cancel);
        await File.WriteAllTextAsync(Path.Combine(_tree, "ignored.txt"), "quagga\n", Cancel);
        await using var server = Executable.Start("code-analysis-server", "serve", "--root", _tree, "--data", _data, "--urls", "http://127.0.0.1:0");
        var address = (await server.LineAsync("serving ")).Split(" on ")[1].Split(';')[0];
        await server.LineAsync("index ready: 2 files");
        using var http = new HttpClient { BaseAddress = new(address) };
        using var status = JsonDocument.Parse(await http.GetStringAsync(new Uri("/v1/status", UriKind.Relative), Cancel));
        var workers = status.RootElement.GetProperty("workers").EnumerateArray().ToArray();
        workers.Select(worker => worker.GetProperty("type").GetString()).ShouldBe(["sqlite_queue", "file_watcher", "vectorization", "repair"]);
        workers.ShouldAllBe(worker => worker.GetProperty("alive").GetBoolean());
        (await PathsAsync(http, "/search?q=quagga")).ShouldBe(["a.cs"]);
        (await PathsAsync(http, "/search?q=http+client")).ShouldBe(["a.cs"]);
        (await PathsAsync(http, "/search/semantic?q=HttpClientFactory")).ShouldContain("a.cs");

        await File.WriteAllTextAsync(Path.Combine(_tree, "b.txt"), "okapi\n", Cancel);
        await server.LineAsync("added b.txt");
        (await PathsAsync(http, "/search?q=okapi")).ShouldBe(["b.txt"]);
        File.Delete(Path.Combine(_tree, "b.txt"));
        await server.LineAsync("removed b.txt");
        (await PathsAsync(http, "/search?q=okapi")).ShouldBeEmpty();

        var (code, output) = await Executable.RunAsync("code-analysis-server", "serve", "--root", _tree, "--data", _data, "--urls", "http://127.0.0.1:0");
        code.ShouldBe(2);
        output.ShouldContain($"process {server.Process.Id}");
        (await server.SignalAsync(2)).ShouldBe(0);
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData(9)]
    [InlineData(15)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task However_it_ends_nothing_is_left_and_the_database_is_whole(int signal)
    {
        for (var cycle = 0; cycle < 3; cycle++)
        {
            await File.WriteAllTextAsync(Path.Combine(_tree, $"{cycle}.txt"), $"text {cycle}\n", Cancel);
            await using var server = Executable.Start("code-analysis-server", "serve", "--root", _tree, "--data", _data, "--urls", "http://127.0.0.1:0");
            await server.LineAsync($"index ready: {cycle + 1} files");
            var code = await server.SignalAsync(signal);
            code.ShouldBe(signal == 9 ? 137 : 0);
            await NothingIsLeftAsync();
        }

        using var connection = Schema.TryOpenForReading(_data).ShouldNotBeNull();
        connection.Scalar("PRAGMA integrity_check").ShouldBe("ok");
    }

    [Fact]
    public async Task Wrong_use_is_told_without_a_stack_trace()
    {
        var (code, output) = await Executable.RunAsync("code-analysis-server", "serve", "--root", "/nonexistent", "--data", _data);
        (code, output.Contains("   at ", StringComparison.Ordinal)).ShouldBe((2, false));
        output.ShouldContain("'/nonexistent' does not exist");
        (await Executable.RunAsync("code-analysis-server", "serve", "--bogus")).Code.ShouldBe(2);
    }

    public void Dispose()
    {
        Directory.Delete(_tree, recursive: true);
        Directory.Delete(_data, recursive: true);
    }

    private static async Task<string[]> PathsAsync(HttpClient http, string query)
    {
        using var answer = JsonDocument.Parse(await http.GetStringAsync(new Uri(query, UriKind.Relative), Cancel));
        return [.. answer.RootElement.GetProperty("hits").EnumerateArray().Select(hit => hit.GetProperty("path").GetString()!)];
    }

    // Taking the guards' locks waits for both to be gone, by the kernel's word; then no tagged process may be there.
    private async Task NothingIsLeftAsync()
    {
        foreach (var name in (string[])["keeper.lock", "guard.lock"])
        {
            var file = Descriptors.Open(Path.Combine(_data, "workers", name), Descriptors.ReadWrite | Descriptors.Create, 0x180);
            (await Task.Run(() => Descriptors.Lock(file, wait: true)).WaitAsync(TimeSpan.FromSeconds(30), Cancel)).ShouldBeTrue();
            Descriptors.Close(file);
        }

        (await Executable.RunAsync("workers", "verify", "--state-dir", Path.Combine(_data, "workers"))).Code.ShouldBe(0);
    }
}
