using System.Data.Common;
using System.Net;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Postgres;
using CodeAnalysisServer.Tests;
using WorkerManagement.Posix;
using WorkerManagement.Tests;

namespace EndToEnd.Tests;

/// <summary>The whole server over PostgreSQL, against the same tree in SQLite.</summary>
public sealed class PostgresServerTests : ServerFixture
{
    [Fact]
    public async Task An_index_in_PostgreSQL_survives_the_kill_of_its_queue_and_ends_equal_to_one_in_SQLite()
    {
        var connection = await PostgresServer.NewSchemaAsync() + ";Password=geheim";
        var index = new PostgresDatabase(Data, connection);
        CopySources();
        await using (var server = Executable.Start("env", $"CODE_ANALYSIS_DATABASE={connection}", Path.Combine(AppContext.BaseDirectory, "code-analysis-server"), "serve", "--root", Tree, "--data", Data, "--urls", "http://127.0.0.1:0"))
        {
            using var http = await ConnectAsync(server);
            var before = await StatusAsync(http, AllReady);
            before.GetRawText().ShouldNotContain("geheim");
            using (var pinned = PidFd.TryOpen(PidOf(before, "sqlite_queue")).ShouldNotBeNull())
            {
                pinned.Send(9).ShouldBeTrue();
            }

            await StatusAsync(http, workers => AllReady(workers) && workers.Single(worker => worker.GetProperty("type").GetString() == "sqlite_queue").GetProperty("pid").GetInt32() != PidOf(before, "sqlite_queue"));
            await UntilAsync(index, reading => reading.Scalar("SELECT count(*) FROM projects WHERE state = 'watching'") is 1L && reading.Scalar("SELECT count(*) FROM to_embed") is 0L);
            await WriteAsync("edited.cs", "class FoundAfterTheKill { }\n");
            File.Delete(Path.Combine(Tree, "Words.cs"));
            await UntilAsync(index, reading => reading.Scalar("SELECT count(*) FROM files WHERE path = 'edited.cs'") is 1L && reading.Scalar("SELECT count(*) FROM files WHERE path = 'Words.cs'") is 0L && reading.Scalar("SELECT count(*) FROM to_embed") is 0L);
            (await PathsAsync(http, "/search?q=found+after+the+kill"))[0].ShouldBe("edited.cs");
            (await PathsAsync(http, "/search/regex?q=class+FoundAfter")).ShouldBe(["edited.cs"]);
            (await PathsAsync(http, "/search/hybrid?q=found+after+the+kill"))[0].ShouldBe("edited.cs");
            (await http.GetStringAsync(new Uri("/database", UriKind.Relative), Cancel)).ShouldSatisfyAllConditions(status => status.ShouldContain("PostgreSQL"), status => status.ShouldContain("pgvector"), status => status.ShouldNotContain("geheim"));
            Processes().ShouldAllBe(line => !line.Contains("geheim") || line.Contains("env"));
            var second = await Executable.RunAsync("env", $"CODE_ANALYSIS_DATABASE={connection}", Path.Combine(AppContext.BaseDirectory, "code-analysis-server"), "serve", "--root", Tree, "--data", Path.Combine(Data, "second"), "--urls", "http://127.0.0.1:0");
            second.ShouldSatisfyAllConditions(refused => refused.Code.ShouldBe(2), refused => refused.Output.ShouldContain("another server owns the index"), refused => refused.Output.ShouldNotContain("geheim"));
            (await server.SignalAsync(15)).ShouldBe(0);
        }

        await NothingIsLeftAsync();
        foreach (var file in Directory.EnumerateFiles(Data, "*", SearchOption.AllDirectories))
        {
            (await File.ReadAllTextAsync(file, Cancel)).Contains("geheim", StringComparison.Ordinal).ShouldBeFalse(file);
        }

        var fresh = Directory.CreateTempSubdirectory("fresh-").FullName;
        (await Executable.RunAsync("code-analysis-server", "index", "--root", Tree, "--data", fresh)).Code.ShouldBe(0);
        var inSqlite = Rows(IndexDatabase.Embedded(fresh));
        inSqlite.Count.ShouldBeGreaterThan(100);
        Rows(index).ShouldBe(inSqlite);
        Directory.Delete(fresh, recursive: true);
    }

    [Fact]
    public async Task A_PostgreSQL_that_stops_is_waited_for_and_what_changed_meanwhile_is_found()
    {
        var connection = await PostgresServer.NewSchemaAsync();
        var index = new PostgresDatabase(Data, connection);
        await WriteAsync("early.cs", "class Quagga { }\n");
        await using (var server = Executable.Start("env", $"CODE_ANALYSIS_DATABASE={connection}", Path.Combine(AppContext.BaseDirectory, "code-analysis-server"), "serve", "--root", Tree, "--data", Data, "--urls", "http://127.0.0.1:0"))
        {
            using var http = await ConnectAsync(server);
            var before = await StatusAsync(http, AllReady);
            await UntilAsync(index, reading => reading.Scalar("SELECT count(*) FROM files") is 1L && reading.Scalar("SELECT count(*) FROM to_embed") is 0L);
            await PostgresServer.StopAsync();
            // Who asks nothing of it has nothing to tell: the watcher has, with the first change.
            await WriteAsync("late.cs", "class Okapi { }\n");
            var away = await StatusAsync(http, workers => workers.Single(worker => worker.GetProperty("type").GetString() == "file_watcher").GetProperty("status_text").GetString()!.StartsWith("waits: PostgreSQL", StringComparison.Ordinal));
            away.GetProperty("workers").EnumerateArray().ShouldAllBe(worker => worker.GetProperty("alive").GetBoolean());
            using (var refused = await http.GetAsync(new Uri("/search?q=quagga", UriKind.Relative), Cancel))
            {
                refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
                (await refused.Content.ReadAsStringAsync(Cancel)).ShouldContain("cannot be reached");
            }

            await PostgresServer.StartAsync();
            await UntilAsync(index, reading => reading.Scalar("SELECT count(*) FROM files") is 2L && reading.Scalar("SELECT count(*) FROM to_embed") is 0L);
            (await PathsAsync(http, "/search?q=okapi")).ShouldBe(["late.cs"]);
            var after = await StatusAsync(http, AllReady);
            foreach (var type in (string[])["sqlite_queue", "file_watcher", "vectorization", "repair"])
            {
                PidOf(after, type).ShouldBe(PidOf(before, type));
            }

            (await server.SignalAsync(15)).ShouldBe(0);
        }

        await NothingIsLeftAsync();
    }

    // Sources that nobody made for this test: those of the storage itself.
    private void CopySources()
    {
        var from = Path.Combine(Checkout.Root, "src", "CodeAnalysisServer.Storage");
        foreach (var file in Directory.EnumerateFiles(from, "*.cs", SearchOption.AllDirectories).Where(file => !file.Contains("/obj/")))
        {
            var to = Path.Combine(Tree, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
    }

    private async Task UntilAsync(IndexDatabase index, Func<DbConnection, bool> wanted)
    {
        await using var queue = await SqliteDriverProxy.ConnectAsync(Data, Cancel);
        await queue.SubscribeAsync(Cancel);
        using var reading = index.TryOpenReady().ShouldNotBeNull();
        while (!wanted(reading))
        {
            await queue.CommittedAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        }
    }

    private static List<string> Rows(IndexDatabase index)
    {
        using var reading = index.TryOpenReady().ShouldNotBeNull();
        List<string> rows = [];
        foreach (var sql in (string[])[
            "SELECT root, path, hash, size FROM files",
            "SELECT f.path, c.start_line, c.end_line, c.text, c.words, c.hash, e.qualified_name, v.embedding FROM chunks c JOIN files f ON f.id = c.file_id JOIN vectors v ON v.hash = c.hash LEFT JOIN entities e ON e.id = c.entity_id",
            "SELECT f.path, e.kind, e.name, e.qualified_name, e.signature, e.doc, e.start_line, e.end_line, e.complexity, e.lines, e.language, p.qualified_name FROM entities e JOIN files f ON f.id = e.file_id LEFT JOIN entities p ON p.id = e.parent_id",
            "SELECT f.path, i.position, i.line, i.target FROM imports i JOIN files f ON f.id = i.file_id",
            "SELECT e.qualified_name, b.position, b.name, b.simple_name FROM bases b JOIN entities e ON e.id = b.entity_id",
            "SELECT f.path, a.analyzer, a.language FROM analyses a JOIN files f ON f.id = a.file_id",
            "SELECT path, stage, message FROM indexing_errors"])
        {
            rows.AddRange(reading.Rows(sql, row => string.Join('|', Enumerable.Range(0, row.FieldCount).Select(i => row.GetValue(i) is byte[] bytes ? Convert.ToHexString(bytes) : $"{row.GetValue(i)}"))).Order(StringComparer.Ordinal));
        }

        return rows;
    }
}
