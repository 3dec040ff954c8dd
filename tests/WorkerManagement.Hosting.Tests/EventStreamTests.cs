using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace WorkerManagement.Hosting.Tests;

/// <summary>The stream of events: resumed, in changes, read by many or by nobody.</summary>
public sealed class EventStreamTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_comes_back_hears_only_of_what_is_newer()
    {
        await using var server = await new ApiServer().StartAsync();
        await server.Manager.StartWorkerAsync(ApiServer.Sleep("a"), Cancel);
        var seen = await FirstAsync(server, "/v1/events", null);
        var known = server.Manager.GetWorkerStatus().ResourceVersion;
        seen.EventId.ShouldBe(known);
        await using var resumed = Events(server, "/v1/events", known).GetAsyncEnumerator(Cancel);
        var next = resumed.MoveNextAsync();
        await server.Manager.StartWorkerAsync(ApiServer.Sleep("b"), Cancel);
        (await next).ShouldBeTrue();
        JsonDocument.Parse(resumed.Current.Data).RootElement.GetProperty("workers").EnumerateArray().Select(worker => worker.GetProperty("name").GetString()).ShouldContain("b");
    }

    [Theory]
    [InlineData("00000000.1")]
    [InlineData("nonsense")]
    [InlineData("")]
    public async Task An_id_of_another_life_gives_the_whole_first(string id)
    {
        await using var server = await new ApiServer().StartAsync();
        await server.Manager.StartWorkerAsync(ApiServer.Sleep("a"), Cancel);
        var first = await FirstAsync(server, "/v1/events?changes=true", id);
        first.EventType.ShouldBe("status");
        JsonDocument.Parse(first.Data).RootElement.GetProperty("total_workers").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Changes_together_make_the_same_as_the_report()
    {
        await using var server = await new ApiServer().StartAsync();
        await server.Manager.StartWorkersAsync([ApiServer.Sleep("a"), ApiServer.Sleep("b"), ApiServer.Sleep("c")], Cancel);
        Dictionary<string, string> built = [];
        await using var events = Events(server, "/v1/events?changes=true", null).GetAsyncEnumerator(Cancel);
        (await events.MoveNextAsync()).ShouldBeTrue();
        Apply(built, events.Current);
        await server.Manager.StopWorkerAsync("b", cancellationToken: Cancel);
        await server.Manager.RemoveWorkerAsync("b", Cancel);
        await server.Manager.StartWorkerAsync(ApiServer.Sleep("d"), Cancel);
        await server.Manager.SignalWorkerAsync("a", 9, Cancel);
        await server.WhenAsync(worker => worker is { Name: "a", Incarnation: > 4, State: WorkerState.Running });
        var last = server.Manager.GetWorkerStatus();
        while (events.Current.EventId != last.ResourceVersion && await events.MoveNextAsync())
        {
            events.Current.EventType.ShouldBe("change");
            Apply(built, events.Current);
        }

        using var whole = JsonDocument.Parse(JsonSerializer.Serialize(last));
        built.ShouldBe(whole.RootElement.GetProperty("workers").EnumerateArray().ToDictionary(worker => worker.GetProperty("name").GetString()!, worker => worker.GetRawText()), ignoreOrder: true);
        built.Keys.ShouldBe(["a", "c", "d"], ignoreOrder: true);
    }

    [Fact]
    public async Task Two_hundred_streams_and_clients_that_never_read_hold_up_nobody()
    {
        await using var server = await new ApiServer().StartAsync();
        await server.Manager.StartWorkersAsync([.. Enumerable.Range(0, 20).Select(i => ApiServer.Sleep($"w{i}"))], Cancel);
        var deaf = new List<Socket>();
        var listening = Enumerable.Range(0, 200).Select(_ => Events(server, "/v1/events", null).GetAsyncEnumerator(Cancel)).ToArray();
        try
        {
            for (var i = 0; i < 20; i++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 1024 };
                await socket.ConnectAsync(server.Address.Host, server.Address.Port, Cancel);
                await socket.SendAsync(Encoding.ASCII.GetBytes("GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), Cancel);
                deaf.Add(socket);
            }

            (await Task.WhenAll(listening.Select(events => events.MoveNextAsync().AsTask()))).ShouldAllBe(more => more);
            for (var round = 0; round < 5; round++)
            {
                await server.Manager.RestartWorkerAsync("w0", cancellationToken: Cancel);
            }

            var last = server.Manager.GetWorkerStatus().ResourceVersion;
            foreach (var events in listening)
            {
                while (events.Current.EventId != last)
                {
                    (await events.MoveNextAsync()).ShouldBeTrue();
                }
            }

            var stop = await server.Manager.StopAllWorkersAsync(TimeSpan.FromSeconds(10), Cancel);
            (stop.Success, stop.TotalStopped).ShouldBe((true, 20));
        }
        finally
        {
            deaf.ForEach(socket => socket.Dispose());
            foreach (var events in listening)
            {
                await events.DisposeAsync();
            }
        }
    }

    private static void Apply(Dictionary<string, string> built, SseItem<string> item)
    {
        using var told = JsonDocument.Parse(item.Data);
        foreach (var worker in told.RootElement.GetProperty("workers").EnumerateArray())
        {
            built[worker.GetProperty("name").GetString()!] = worker.GetRawText();
        }

        foreach (var name in told.RootElement.TryGetProperty("removed", out var removed) ? removed.EnumerateArray() : default)
        {
            built.Remove(name.GetString()!);
        }
    }

    private static async Task<SseItem<string>> FirstAsync(ApiServer server, string path, string? lastId)
    {
        await foreach (var item in Events(server, path, lastId))
        {
            return item;
        }

        throw new InvalidOperationException("the stream ended before an event");
    }

    private static async IAsyncEnumerable<SseItem<string>> Events(ApiServer server, string path, string? lastId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastId);
        }

        using var answer = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        await using var stream = await answer.Content.ReadAsStreamAsync(Cancel);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(Cancel))
        {
            yield return item;
        }
    }
}
