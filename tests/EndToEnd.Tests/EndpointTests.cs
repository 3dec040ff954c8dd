using System.Diagnostics;
using System.Text.Json;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Tests;
using WorkerManagement.Tests;

namespace EndToEnd.Tests;

/// <summary>The whole server with an embedding endpoint that is not well: its workers stay up, say what is wrong, cost nothing meanwhile, and recover.</summary>
public sealed class EndpointTests : ServerFixture
{
    // What the vectorization process may use of one core while it waits, by the kernel's count of ticks (100 a second).
    private const double MostShare = 0.05;

    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("CODE_ANALYSIS_ENDPOINT_DOWN_SECONDS") ?? "20", null));

    [Fact]
    public async Task While_it_is_down_that_is_told_and_costs_nothing_and_afterwards_all_is_embedded_by_the_same_processes()
    {
        for (var i = 0; i < 50; i++)
        {
            await WriteAsync($"f{i}.txt", $"okapi {i}\n");
        }

        var port = FreePort.Next();
        await using var server = Serve("--embedding", $"openai:http://127.0.0.1:{port}/v1#m");
        using var http = await ConnectAsync(server);
        var down = await StatusAsync(http, workers => AllReady(workers) && Says(workers, "cannot be asked"));
        await DatabaseAsync(reading => reading.Scalar("SELECT count(*) FROM to_embed") is 50L);
        (await PathsAsync(http, "/search?q=okapi")).ShouldNotBeEmpty("full text answers meanwhile");
        using (var hybrid = JsonDocument.Parse(await http.GetStringAsync(new Uri("/search/hybrid?q=okapi", UriKind.Relative), Cancel)))
        {
            hybrid.RootElement.GetProperty("hits").GetArrayLength().ShouldBeGreaterThan(0);
        }

        var pid = PidOf(down, "vectorization");
        var before = Ticks(pid);
        // A figure over a stretch of time: nothing is waited for.
        await Task.Delay(Watched, Cancel);
        var used = Ticks(pid) - before;
        TestContext.Current.TestOutputHelper!.WriteLine($"{used} ticks ({used / Watched.TotalSeconds:0.00} % of a core) in {Watched.TotalSeconds} s with the endpoint down");
        (used / 100.0 / Watched.TotalSeconds).ShouldBeLessThan(MostShare);

        var since = Stopwatch.GetTimestamp();
        await using var endpoint = new EmbeddingEndpoint(port);
        await DatabaseAsync(reading => reading.Scalar("SELECT count(*) FROM to_embed") is 0L);
        TestContext.Current.TestOutputHelper!.WriteLine($"all embedded {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s after it came back");
        var up = await StatusAsync(http, workers => AllReady(workers) && Says(workers, "; 0 wait"));
        foreach (var type in (string[])["sqlite_queue", "file_watcher", "vectorization", "repair"])
        {
            PidOf(up, type).ShouldBe(PidOf(down, type));
        }

        // The same processes through what else an endpoint may do; an edit each, which a good answer follows.
        foreach (var (answer, told) in ((EndpointAnswer?, string)[])
        [
            (new(200, "garbage"), "does not answer JSON"),
            (new(429, "slow down", "1"), "next try in 1 s"),
            (EmbeddingEndpoint.Good(["x"], 5), "a vector of 5 numbers came, where those of this model have 3"),
            (new(500, "out of order"), "500"),
        ])
        {
            endpoint.Answer = (_, _) => Task.FromResult(answer!);
            await WriteAsync("edit.txt", $"edit {told}\n");
            await StatusAsync(http, workers => AllReady(workers) && Says(workers, told));
            endpoint.Answer = (texts, _) => Task.FromResult(EmbeddingEndpoint.Good(texts));
            await DatabaseAsync(reading => reading.Scalar("SELECT count(*) FROM to_embed") is 0L && reading.Scalar("SELECT count(*) FROM chunks c JOIN vectors v ON v.hash = c.hash WHERE length(v.embedding) = 12") is 51L);
        }

        var after = await StatusAsync(http, AllReady);
        PidOf(after, "vectorization").ShouldBe(pid);
        using var reading = Schema.TryOpenForReading(Data).ShouldNotBeNull();
        reading.Scalar("SELECT count(*) FROM dead_letters").ShouldBe(0L);
        (await server.SignalAsync(15)).ShouldBe(0);
        await NothingIsLeftAsync();
    }

    private static bool Says(JsonElement[] workers, string told) => workers.Single(worker => worker.GetProperty("type").GetString() == "vectorization").GetProperty("status_text").GetString()?.Contains(told, StringComparison.Ordinal) == true;

    // User and system time, the 14th and 15th word of proc(5)'s stat; the name in parentheses may hold spaces.
    internal static long Ticks(int pid)
    {
        var words = File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1].Split(' ');
        return long.Parse(words[11], null) + long.Parse(words[12], null);
    }
}
