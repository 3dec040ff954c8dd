using CodeAnalysisServer.Storage;

namespace EndToEnd.Tests;

/// <summary>The index follows the tree, whatever happens to it.</summary>
public sealed class FreshnessTests : ServerFixture
{
    [Fact]
    public async Task A_file_that_repair_missed_and_that_returns_with_equal_content_is_found_again()
    {
        await WriteAsync("a.txt", "okapi\n");
        await using var server = Serve();
        using var http = await ConnectAsync(server);
        await server.LineAsync("index ready: 1 files");
        // As repair does, though nobody else may: the row goes while the file is there, then its doubt is told.
        await using (var queue = await CodeAnalysisServer.SqliteQueue.SqliteDriverProxy.ConnectAsync(Data, Cancel))
        {
            await queue.ExecuteAsync([new("DELETE FROM files", []), new("INSERT INTO doubts (root, path) VALUES ($1, 'a.txt')", [Tree])], Cancel);
        }

        await server.LineAsync("added a.txt");
        (await PathsAsync(http, "/search?q=okapi")).ShouldBe(["a.txt"]);
        await DatabaseAsync(reading => reading.Scalar("SELECT count(*) FROM doubts") is 0L);
        File.Delete(Path.Combine(Tree, "a.txt"));
        await server.LineAsync("removed a.txt");
        await WriteAsync("a.txt", "okapi\n");
        await DatabaseAsync(reading => reading.Scalar("SELECT count(*) FROM chunks c JOIN vectors v ON v.hash = c.hash") is 1L);
        (await PathsAsync(http, "/search?q=okapi")).ShouldBe(["a.txt"]);
        await server.SignalAsync(15);
    }

    [Fact]
    public async Task Directories_come_go_and_are_renamed_and_rules_change()
    {
        await WriteAsync("keep.txt", "keep\n");
        await using var server = Serve();
        using var http = await ConnectAsync(server);
        await server.LineAsync("index ready: 1 files");
        await WriteAsync("one/two/x.txt", "okapi\n");
        await server.LineAsync("added one/two/x.txt");
        Directory.Move(Path.Combine(Tree, "one"), Path.Combine(Tree, "uno"));
        await server.LineAsync("added uno/two/x.txt");
        await DatabaseAsync(reading => reading.Scalar("SELECT count(*) FROM files") is 2L);
        (await PathsAsync(http, "/search?q=okapi")).ShouldBe(["uno/two/x.txt"]);
        await WriteAsync(".gitignore", "uno/\n");
        await server.LineAsync("removed uno/two/x.txt");
        File.Delete(Path.Combine(Tree, ".gitignore"));
        await DatabaseAsync(reading => reading.Scalar("SELECT count(*) FROM files") is 2L);
        Directory.Delete(Path.Combine(Tree, "uno"), recursive: true);
        await DatabaseAsync(reading => reading.Scalar("SELECT count(*) FROM files") is 1L);
        await server.SignalAsync(15);
    }

    [Fact]
    public async Task A_root_that_vanishes_loses_nothing_and_is_followed_again_when_it_returns()
    {
        await WriteAsync("root/a.txt", "okapi\n");
        var root = Path.Combine(Tree, "root");
        await using var server = Serve("--root", root);
        using var http = await ConnectAsync(server);
        await server.LineAsync("index ready: 1 files");
        Directory.Move(root, root + ".away");
        await WriteAsync("root.away/b.txt", "quagga\n");
        (await PathsAsync(http, "/search?q=okapi")).ShouldBe(["a.txt"]);
        Directory.Move(root + ".away", root);
        await server.LineAsync("added b.txt");
        (await PathsAsync(http, "/search?q=okapi")).ShouldBe(["a.txt"]);
        await File.WriteAllTextAsync(Path.Combine(root, "c.txt"), "zebra\n", Cancel);
        await server.LineAsync("added c.txt");
        await server.SignalAsync(15);
    }

    [Fact]
    public async Task Roots_in_roots_roots_given_twice_and_data_within_are_indexed_once()
    {
        await WriteAsync("a.txt", "okapi\n");
        await WriteAsync("inner/b.txt", "okapi\n");
        Directory.CreateSymbolicLink(Path.Combine(Tree, "link"), Path.Combine(Tree, "inner"));
        var data = Path.Combine(Tree, ".code-analysis");
        await using var server = Executable.Start("env", "-C", Tree, Path.Combine(AppContext.BaseDirectory, "code-analysis-server"), "serve", "--root", ".", "--root", Tree + "/", "--root", "inner", "--root", "link", "--data", ".code-analysis", "--urls", "http://127.0.0.1:0");
        using var http = await ConnectAsync(server);
        await server.LineAsync("index ready: 2 files");
        (await PathsAsync(http, "/search?q=okapi")).Order().ShouldBe(["a.txt", "b.txt"]);
        await WriteAsync("inner/c.txt", "zebra\n");
        await server.LineAsync("added c.txt");
        (await PathsAsync(http, "/search?q=zebra")).ShouldBe(["c.txt"]);
        (await server.SignalAsync(15)).ShouldBe(0);
        using var reading = Schema.TryOpenForReading(data).ShouldNotBeNull();
        reading.Rows("SELECT path FROM files ORDER BY path", row => row.GetString(0)).ShouldBe(["a.txt", "b.txt", "c.txt"]);
    }

    [Fact]
    public async Task A_tree_full_of_traps_is_indexed_all_the_same()
    {
        await WriteAsync("plain.txt", "okapi plain\n");
        await WriteAsync("line\nbreak.txt", "okapi newline\n");
        await WriteAsync("esc\u001b[31m.txt", "okapi escape\n");
        await WriteAsync("empty.txt", "");
        await WriteAsync("crlf.txt", "one\r\nokapi crlf\r\n");
        await WriteAsync("long.txt", string.Concat(Enumerable.Repeat("word ", 200_000)) + "okapi\n");
        await File.WriteAllTextAsync(Path.Combine(Tree, "utf16.txt"), "okapi utf16\n", System.Text.Encoding.Unicode, Cancel);
        await File.WriteAllBytesAsync(Path.Combine(Tree, "binary.dat"), [1, 2, 0, 3], Cancel);
        await WriteAsync("huge.txt", new string('x', 2_000_000));
        Directory.CreateSymbolicLink(Path.Combine(Tree, "loop"), Tree);
        foreach (var (program, arguments) in ((string, string[])[])[("mkfifo", [Path.Combine(Tree, "fifo")]), ("sh", ["-c", $"printf okapi > \"{Tree}/$(printf 'bad\\377')\"; mkdir \"{Tree}/$(printf 'dir\\377')\"; chmod 0 \"{Tree}/empty.txt\""])])
        {
            using var process = System.Diagnostics.Process.Start(program, arguments);
            await process.WaitForExitAsync(Cancel);
            process.ExitCode.ShouldBe(0);
        }

        await using var server = Serve();
        using var http = await ConnectAsync(server);
        await server.LineAsync("index ready: ");
        (await PathsAsync(http, "/search?q=okapi")).Order(StringComparer.Ordinal).ShouldBe(["crlf.txt", "esc\u001b[31m.txt", "line\nbreak.txt", "long.txt", "plain.txt", "utf16.txt"]);
        await WriteAsync("esc\u001b[32m.txt", "zebra\n");
        (await server.LineAsync("added esc")).ShouldBe("added esc\\u{1b}[32m.txt");
        (await server.SignalAsync(15)).ShouldBe(0);
        ShouldBeWhole(Data);
        // .NET cannot name what is not UTF-8, not even to delete it.
        using var removal = System.Diagnostics.Process.Start("find", [Tree, "-mindepth", "1", "-delete"]);
        await removal.WaitForExitAsync(Cancel);
        removal.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task The_changes_that_are_kept_are_bounded()
    {
        await using var server = Serve();
        using var http = await ConnectAsync(server);
        await server.LineAsync("index ready: 0 files");
        await using (var queue = await CodeAnalysisServer.SqliteQueue.SqliteDriverProxy.ConnectAsync(Data, Cancel))
        {
            await queue.ExecuteAsync([.. Enumerable.Range(0, 3000).Select(i => new CodeAnalysisServer.SqliteQueue.Statement("INSERT INTO changes (kind, path) VALUES ('old', $1)", [$"{i}"]))], Cancel);
        }

        await WriteAsync("a.txt", "text\n");
        await server.LineAsync("added a.txt");
        using var reading = Schema.TryOpenForReading(Data).ShouldNotBeNull();
        ((long)reading.Scalar("SELECT count(*) FROM changes")!).ShouldBe(1000);
        await server.SignalAsync(15);
    }
}
