using System.Net.Sockets;
using System.Text;

namespace WorkerManagement.Hosting.Tests;

/// <summary>Whatever comes over the wire: the workers are supervised as before, and the next good request is answered.</summary>
public sealed class MalformedRequestTests
{
    private static readonly string[] Wrong =
    [
        "\r\n\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /v1/status HTTP/1.1\r\n\r\n", "G\0T / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /v1/status HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /v1/workers/%00 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /v1/workers/%zz HTTP/1.1\r\nHost: a\r\n\r\n", "GET /v1/workers/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /v1/workers/%2e%2e%2f%2e%2e%2fstate/logs HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://evil/v1/status HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "POST /v1/stop?timeout=%ff HTTP/1.1\r\nHost: a\r\n\r\n", "POST /v1/workers/a/signal?signal=99999999999 HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST /v1/workers/a/signal HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "POST /v1/workers/a/signal HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /v1/status HTTP/1.1\r\nHost: a\r\nIf-None-Match: ,,\",*,W/\r\n\r\n", "GET /v1/events HTTP/1.1\r\nHost: a\r\nLast-Event-ID: \x7f\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x02\0\x01",
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Malformed_half_open_and_random_requests_leave_supervision_as_it_is()
    {
        await using var server = await new ApiServer().StartAsync();
        var before = await server.Manager.StartWorkerAsync(ApiServer.Sleep("a"), Cancel);
        var open = new List<Socket>();
        try
        {
            foreach (var wrong in Wrong)
            {
                open.Add(await SendAsync(server, Encoding.Latin1.GetBytes(wrong)));
            }

            open.Add(await SendAsync(server, Encoding.ASCII.GetBytes($"GET /{new string('a', 20_000)} HTTP/1.1\r\nHost: a\r\n\r\n")));
            open.Add(await SendAsync(server, Encoding.ASCII.GetBytes($"GET /v1/status HTTP/1.1\r\nHost: a\r\n{string.Concat(Enumerable.Repeat("X: y\r\n", 200))}\r\n")));
            var random = new Random(20261126);
            for (var i = 0; i < 300; i++)
            {
                // A good request with some of its bytes changed, cut at any place; the connection stays open.
                var bytes = Encoding.ASCII.GetBytes($"{(i % 2 == 0 ? "GET /v1/workers/a" : "POST /v1/workers/nobody/stop?timeout=1s")} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nIdempotency-Key: {i}\r\n\r\n");
                for (var change = random.Next(4); change >= 0; change--)
                {
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                }

                open.Add(await SendAsync(server, bytes[..random.Next(1, bytes.Length + 1)]));
            }

            server.Manager.GetWorkerStatus().Workers.ShouldHaveSingleItem().Pid.ShouldBe(before.Pid);
            await server.Manager.SignalWorkerAsync("a", 9, Cancel);
            await server.WhenAsync(worker => worker is { Incarnation: 2, State: WorkerState.Running });
            (await server.Http.GetStringAsync(new Uri("/v1/workers/a", UriKind.Relative), Cancel)).ShouldContain("\"Running\"");
            (await server.Manager.StopAllWorkersAsync(TimeSpan.FromSeconds(5), Cancel)).Success.ShouldBeTrue();
            server.Manager.GetWorkerStatus().Incidents.ShouldNotContain(incident => incident.Kind == "internal_error");
        }
        finally
        {
            open.ForEach(socket => socket.Dispose());
        }
    }

    private static async Task<Socket> SendAsync(ApiServer server, byte[] bytes)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Address.Host, server.Address.Port, Cancel);
        await socket.SendAsync(bytes, Cancel);
        return socket;
    }
}
