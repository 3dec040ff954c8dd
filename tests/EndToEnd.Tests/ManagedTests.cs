using System.Text.Json;
using WorkerManagement.Posix;

namespace EndToEnd.Tests;

/// <summary>The manager really manages: through what an assistant may do with the workers.</summary>
public sealed class ManagedTests : ServerFixture
{
    [Fact]
    public async Task A_type_that_is_stopped_leaves_the_others_working_and_what_waits_is_told()
    {
        await WriteAsync("a.txt", "okapi\n");
        await using var server = Serve();
        using var http = await ConnectAsync(server);
        await server.LineAsync("index ready: 1 files");
        await using var client = await McpTests.OverHttpAsync(http);
        var stopped = await ToolCalls.CallAsync(client, "stop_worker", ("worker", "vectorization"));
        stopped.GetProperty("success").GetBoolean().ShouldBeTrue();
        stopped.GetProperty("waiting")[0].GetString()!.ShouldStartWith("vectorization is Stopped");
        await WriteAsync("b.txt", "zebra\n");
        await server.LineAsync("added b.txt");
        (await PathsAsync(http, "/search?q=zebra")).ShouldBe(["b.txt"]);
        var status = await ToolCalls.CallAsync(client, "get_worker_status");
        status.GetProperty("waiting").EnumerateArray().Single().GetString()!.ShouldContain("1 chunks wait for their embedding");
        status.GetProperty("workers").EnumerateArray().Count(worker => worker.GetProperty("ready").GetBoolean()).ShouldBe(3);
        await ToolCalls.CallAsync(client, "start_worker", ("worker", "vectorization"));
        await StatusAsync(http, AllReady);
        (await ToolCalls.CallAsync(client, "get_worker_status")).GetProperty("waiting").GetArrayLength().ShouldBe(0);
        (await server.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task Two_starts_of_one_type_at_once_give_one_process()
    {
        await using var server = Serve();
        using var http = await ConnectAsync(server);
        await StatusAsync(http, AllReady);
        await using var client = await McpTests.OverHttpAsync(http);
        await ToolCalls.CallAsync(client, "stop_worker", ("worker", "repair"));
        var started = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => ToolCalls.CallAsync(client, "start_worker", ("worker", "repair"))));
        started.Select(answer => answer.GetProperty("workers")[0].GetProperty("pid").GetInt32()).Distinct().Count().ShouldBe(1);
        var status = await StatusAsync(http, AllReady);
        status.GetProperty("by_type").GetProperty("repair").GetProperty("count").GetInt32().ShouldBe(1);
        Processes().Count(line => line.Contains("worker repair", StringComparison.Ordinal)).ShouldBe(1);
        (await server.SignalAsync(15)).ShouldBe(0);
    }

    [Fact]
    public async Task The_workers_command_acts_on_the_servers_workers()
    {
        await using var server = Serve();
        using var http = await ConnectAsync(server);
        await StatusAsync(http, AllReady);
        Task<(int Code, string Output)> WorkersAsync(params string[] words) => Executable.RunAsync("workers", [.. words, "--state-dir", Path.Combine(Data, "workers")]);
        (await WorkersAsync("status")).Output.Split('\n').Length.ShouldBe(1 + 4);
        (await WorkersAsync("restart", "repair_main")).Code.ShouldBe(0);
        // The restart is done when its process runs; it is ready a moment later.
        await StatusAsync(http, AllReady);
        (await WorkersAsync("why", "repair_main")).Output.ShouldStartWith("repair_main is Running");
        (await WorkersAsync("verify")).Code.ShouldBe(0);
        (await server.SignalAsync(15)).ShouldBe(0);
        (await WorkersAsync("status")).Code.ShouldBe(3);
    }

    [Fact]
    public async Task The_queue_stops_last()
    {
        await using var server = Serve();
        using var http = await ConnectAsync(server);
        var status = await StatusAsync(http, AllReady);
        using var plan = JsonDocument.Parse(await http.GetStringAsync(new Uri("/v1/plan", UriKind.Relative), Cancel));
        var waves = plan.RootElement.GetProperty("waves").EnumerateArray().Select(wave => wave.EnumerateArray().Select(worker => worker.GetProperty("name").GetString()).ToArray()).ToArray();
        waves[^1].ShouldBe(["sqlite_queue_main"]);
        waves[..^1].SelectMany(wave => wave).Count().ShouldBe(3);
        var pins = ((string[])["file_watcher", "vectorization", "repair", "sqlite_queue"]).Select(type => (Type: type, Pin: PidFd.TryOpen(PidOf(status, type)).ShouldNotBeNull())).ToList();
        var deaths = Task.Run(() => Deaths(pins), Cancel);
        (await server.SignalAsync(15)).ShouldBe(0);
        var order = await deaths;
        string[][] died = [[.. order[..^1].Order(StringComparer.Ordinal)], [order[^1]]];
        died.ShouldBe([["file_watcher", "repair", "vectorization"], ["sqlite_queue"]]);
        await NothingIsLeftAsync();
    }

    // As the kernel tells them: one look may find several, and has them in the order in which they came (fs/eventpoll.c appends what becomes ready).
    private static List<string> Deaths(List<(string Type, PidFd Pin)> pins)
    {
        using var waiting = new Epoll();
        for (var i = 0; i < pins.Count; i++)
        {
            waiting.Add(pins[i].Pin.Descriptor, EpollInterest.Read, (ulong)i);
        }

        var order = new List<string>();
        var events = new EpollEvent[pins.Count];
        var deadline = Environment.TickCount64 + 60_000;
        while (order.Count < pins.Count)
        {
            // A signal to this process ends a wait early.
            var count = waiting.Wait(events, 60_000);
            (count > 0 || Environment.TickCount64 < deadline).ShouldBeTrue("nobody dies");
            foreach (var death in events.AsSpan(0, count))
            {
                waiting.Remove(pins[(int)death.Key].Pin.Descriptor);
                pins[(int)death.Key].Pin.Dispose();
                order.Add(pins[(int)death.Key].Type);
            }
        }

        return order;
    }
}
