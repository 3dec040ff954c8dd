using System.Text.Json;
using WorkerManagement.Posix;
using WorkerManagement.Tests;

namespace EndToEnd.Tests;

/// <summary>What people type: <c>index</c>, and the verbs that ask, with a server and without one.</summary>
public sealed class VerbTests : ServerFixture
{
    [Fact]
    public async Task Index_builds_ends_leaves_nothing_and_goes_on_where_it_was()
    {
        await ZooAsync();
        var (code, output) = await IndexAsync("--root", Tree);
        (code, output.Split('\n')[^1]).ShouldBe((0, "index ready: 2 files, 4 chunks"), output);
        await NothingIsLeftAsync();
        await WriteAsync("c.txt", "zebra\n");
        (code, output) = await IndexAsync("--root", Tree);
        (code, output.Split('\n')[^1]).ShouldBe((0, "index ready: 3 files, 5 chunks"), output);
        File.Delete(Path.Combine(Tree, "c.txt"));
        (code, output) = await IndexAsync("--root", Tree);
        (code, output.Split('\n')[^1]).ShouldBe((0, "index ready: 2 files, 4 chunks"), output);
        await NothingIsLeftAsync();
        ShouldBeWhole(Data);
        (code, output) = await IndexAsync("--root", "/nonexistent");
        (code, output).ShouldBe((2, "code-analysis-server: the root '/nonexistent' does not exist or is not a directory"));
    }

    [Fact]
    public async Task Index_goes_through_the_server_that_runs_and_adds_the_roots_that_it_is_given()
    {
        await WriteAsync("served/a.txt", "okapi\n");
        await WriteAsync("more/b.txt", "zebra\n");
        await using var server = Serve("--root", Path.Combine(Tree, "served"));
        using var http = await ConnectAsync(server);
        await server.LineAsync("index ready: 1 files");
        var (code, output) = await IndexAsync();
        code.ShouldBe(0, output);
        output.ShouldContain($"answered by the server, process {server.Process.Id}");
        output.ShouldContain("index ready: 1 files, 1 chunks");
        (code, output) = await IndexAsync("--root", Path.Combine(Tree, "more"));
        code.ShouldBe(0, output);
        output.ShouldContain("index ready: 2 files, 2 chunks");
        (await PathsAsync(http, "/search?q=zebra")).ShouldBe(["b.txt"]);
        (code, output) = await IndexAsync("--root", Path.Combine(Tree, "absent"));
        (code, output.Contains("is not a directory that this server can see", StringComparison.Ordinal)).ShouldBe((1, true), output);
        (await server.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task Every_verb_that_asks_answers_the_same_with_a_server_and_without_and_says_which()
    {
        await ZooAsync();
        (await IndexAsync("--root", Tree)).Code.ShouldBe(0);
        var direct = await AskAllAsync($"(no server runs in '{Data}': read from the index directly, which may be stale)", serves: false);
        await using (var server = Serve())
        {
            await server.LineAsync("index ready: 2 files");
            (await AskAllAsync($"(answered by the server, process {server.Process.Id})", serves: true)).ShouldBe(direct);
            (await server.SignalAsync(15)).ShouldBe(0);
        }
    }

    [Fact]
    public async Task A_server_that_is_stopped_is_told_and_not_waited_for()
    {
        await ZooAsync();
        await using var server = Serve();
        await server.LineAsync("index ready: 2 files");
        using var pin = PidFd.TryOpen(server.Process.Id).ShouldNotBeNull();
        pin.Send(Signals.Stop).ShouldBeTrue();
        var (code, output) = await AskAsync("search", "quagga");
        (code, output).ShouldBe((2, $"code-analysis-server: the server of '{Data}', process {server.Process.Id}, does not answer; let it go on if it was stopped (kill -CONT {server.Process.Id}), or end it (kill -9 {server.Process.Id}): its workers go with it"));
        pin.Send(18).ShouldBeTrue();
        (await AskAsync("search", "quagga")).Code.ShouldBe(0);
        (await server.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task An_ordinary_user_reads_directly_and_is_told_what_is_not_his()
    {
        OrdinaryUser.Needed();
        await ZooAsync();
        foreach (var directory in (string[])[Tree, Data])
        {
            File.SetUnixFileMode(directory, (UnixFileMode)0x1FF);
        }

        (await AsNobodyAsync("index", "--root", Tree)).Code.ShouldBe(0);
        await NothingIsLeftAsync();
        var (code, output) = await AsNobodyAsync("search", "quagga");
        code.ShouldBe(0, output);
        output.ShouldContain("a.cs:1");

        // A server of somebody else's.
        await using var server = Serve("--data", Data + "/roots");
        await server.LineAsync("index ready: 2 files");
        (code, output) = await Executable.RunAsync("env", [.. OrdinaryUser.Command, Program, "search", "quagga", "--data", Data + "/roots"]);
        code.ShouldNotBe(0, output);
        output.ShouldNotContain("   at ");
        TestContext.Current.TestOutputHelper!.WriteLine(output);
        (await server.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task Without_an_index_each_verb_says_how_to_make_one()
    {
        foreach (var words in (string[][])[["search", "x"], ["search", "x", "--kind", "semantic"], ["search", "x", "--kind", "hybrid"], ["search", "x", "--kind", "regex"], ["entity", "X"], ["usages", "X"], ["callers", "X"], ["dependencies", "--path", "x"], ["status"]])
        {
            var (code, output) = await AskAsync(words);
            (code, output).ShouldBe((1, $"code-analysis-server: there is no index in '{Data}' yet; it is made by: code-analysis-server index --root DIR --data '{Data}'"), string.Join(' ', words));
        }

        foreach (var (words, told) in ((string[], string)[])[(["serach", "x"], "there is no verb 'serach'; did you mean 'search'?"), (["search", "x", "--limt", "3"], "'search' has no flag '--limt'; did you mean '--limit'?"), (["search", "x", "--limit", "0"], "'limit' is '0'; give a whole number from 1 to 200")])
        {
            var (code, output) = await AskAsync(words);
            (code, output.Split('\n')[0]).ShouldBe((2, $"code-analysis-server: {told}"), output);
        }

        foreach (var wrong in (string[][])[["search"], ["search", "x", "--kind", "bogus"], ["search", "x", "-o", "xml"], ["entity"], ["usages"], ["callees"], ["index", "--bogus"], ["search", "x", "--limit", "many"]])
        {
            var (code, output) = await AskAsync(wrong);
            (code, output.Contains("   at ", StringComparison.Ordinal)).ShouldBe((2, false), output);
        }
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "code-analysis-server");

    private async Task ZooAsync()
    {
        await WriteAsync("a.cs", "class Quagga { }\nclass Keeper { Quagga Animal;\n int Count() => System.Math.Abs(1) + System.Math.Abs(2); }\n");
        await WriteAsync("b.txt", "okapi\n");
    }

    private Task<(int Code, string Output)> IndexAsync(params string[] more) => AskAsync(["index", .. more]);

    private Task<(int Code, string Output)> AskAsync(params string[] words) => Executable.RunAsync("code-analysis-server", [.. words, "--data", Data]);

    private Task<(int Code, string Output)> AsNobodyAsync(params string[] words) => Executable.RunAsync("env", [.. OrdinaryUser.Command, Program, .. words, "--data", Data]);

    // Each verb in both forms; what does not depend on who answers.
    private async Task<List<string>> AskAllAsync(string by, bool serves)
    {
        var answers = new List<string>();
        foreach (var (words, text, keys) in ((string[], string, string)[])
        [
            (["search", "quagga"], "a.cs:1", "hits next_cursor note query"),
            (["search", "Quagga", "--kind", "semantic"], "a.cs:1", "hits next_cursor note query"),
            (["search", "quagga", "--kind", "hybrid"], "a.cs:1", "hits next_cursor note query"),
            (["search", "class \\w+", "--kind", "regex"], "a.cs:2", "hits incomplete next_cursor pattern scanned_chunks"),
            (["entity", "Quagga"], "class Quagga  a.cs:1-1", "entities name next_cursor"),
            (["usages", "Quagga"], "a.cs:2:16", "entity next_cursor notes usages"),
            (["callers", "Quagga"], "Keeper.Animal  1×  a.cs:2", "calls entity next_cursor notes"),
            (["callees", "Keeper.Count"], "System.Math.Abs  2×  a.cs:3", "calls entity next_cursor notes"),
            (["dependencies", "Keeper"], "type Quagga  1×  a.cs:2", "dependencies entity notes path root"),
            (["dependencies", "--path", "a.cs"], "type Quagga  1×  a.cs:2", "dependencies entity notes path root"),
        ])
        {
            var (code, output) = await AskAsync(words);
            code.ShouldBe(0, output);
            output.ShouldContain(text);
            output.ShouldContain(by);
            (code, output) = await AskAsync([.. words, "-o", "json"]);
            code.ShouldBe(0, output);
            using var json = JsonDocument.Parse(output);
            string.Join(' ', json.RootElement.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal)).ShouldBe(keys, string.Join(' ', words));
            answers.Add(output);
        }

        foreach (var verb in (string[])["search", "entity"])
        {
            (await AskAsync(verb, "nowhereatall")).ShouldBe((0, $"(nothing was found)\n{by}"));
        }

        var (status, said) = await AskAsync("status");
        status.ShouldBe(0, said);
        said.ShouldContain("holds     2 files, ");
        said.ShouldContain(serves ? "server    process " : "server    none runs; this is read from the index directly");
        (_, said) = await AskAsync("status", "-o", "json");
        using var whole = JsonDocument.Parse(said);
        whole.RootElement.EnumerateObject().Select(property => property.Name).ShouldBe(["server", "database", "projects", "workers"]);
        (whole.RootElement.GetProperty("server").ValueKind, whole.RootElement.GetProperty("workers").ValueKind).ShouldBe(serves ? (JsonValueKind.Object, JsonValueKind.Array) : (JsonValueKind.Null, JsonValueKind.Null));
        answers.Add(whole.RootElement.GetProperty("database").GetProperty("entities").ToString());
        return answers;
    }
}
