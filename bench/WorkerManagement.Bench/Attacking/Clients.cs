using System.Net.Sockets;
using System.Text;

namespace WorkerManagement.Bench.Attacking;

/// <summary>Streams of events whose readers read.</summary>
internal sealed class Streams : Attack
{
    internal Streams(RunningCommand command, int count) => Do(count, async () =>
    {
        using var answer = await command.Api.GetAsync(new Uri("/v1/events?changes=true", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Over).ConfigureAwait(false);
        Done();
        var events = await answer.Content.ReadAsStreamAsync(Over).ConfigureAwait(false);
        await using (events.ConfigureAwait(false))
        {
            var buffer = new byte[4096];
            while (await events.ReadAsync(buffer, Over).ConfigureAwait(false) > 0)
            {
            }
        }
    });
}

/// <summary>Clients that ask for much and never read.</summary>
internal sealed class NeverReading : Attack
{
    internal NeverReading(RunningCommand command, int count, string path, int requests) => Do(count, async () =>
    {
        using var socket = await command.ConnectAsync(Over).ConfigureAwait(false);
        var asked = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n", requests)));
        Done();
        for (var sent = 0; sent < asked.Length;)
        {
            sent += await socket.SendAsync(asked.AsMemory(sent), Over).ConfigureAwait(false);
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, Over).ConfigureAwait(false);
    });
}

/// <summary>Connections that begin a request and never end it.</summary>
internal sealed class HalfOpen : Attack
{
    internal HalfOpen(RunningCommand command, int count) => Do(count, async () =>
    {
        using var socket = await TcpAsync(command).ConfigureAwait(false);
        await socket.SendAsync("GET /v1/stat"u8.ToArray(), Over).ConfigureAwait(false);
        Done();
        await Task.Delay(Timeout.InfiniteTimeSpan, Over).ConfigureAwait(false);
    });
}

/// <summary>Requests, each on a connection of its own, one kind after the other.</summary>
internal sealed class Requests : Attack
{
    internal Requests(RunningCommand command, int atOnce, IReadOnlyList<byte[]> kinds)
    {
        var next = -1;
        Repeat(atOnce, async () =>
        {
            using var socket = await TcpAsync(command).ConfigureAwait(false);
            await socket.SendAsync(kinds[(int)((uint)Interlocked.Increment(ref next) % kinds.Count)], Over).ConfigureAwait(false);
            socket.Shutdown(SocketShutdown.Send);
            var buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer, Over).ConfigureAwait(false) > 0)
            {
            }
        });
    }

    /// <summary>No token, wrong ones, another scheme.</summary>
    internal static IReadOnlyList<byte[]> WrongTokens =>
    [
        .. ((string[])["", "Authorization: Bearer\r\n", "Authorization: Bearer wrong\r\n", $"Authorization: Bearer {new string('a', 4000)}\r\n", "Authorization: Basic dTpw\r\n", "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"])
            .Select(header => Encoding.ASCII.GetBytes($"GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{header}\r\n")),
    ];

    /// <summary>One of each kind of what is no proper request, or asks for what must not be.</summary>
    internal static IReadOnlyList<byte[]> Malformed =>
    [
        [0, 1, 2, 255, 254, 13, 10, 13, 10],
        [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3],
        .. ((string[])
        [
            "\r\n\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "G\u0001T / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n folded: x\r\n\r\n", $"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: {new string('x', 70_000)}\r\n\r\n",
            $"GET /{new string('x', 20_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", $"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n{string.Concat(Enumerable.Range(0, 500).Select(i => $"X{i}: y\r\n"))}\r\n",
            "POST /v1/stop HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n", "POST /v1/stop HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "POST /v1/stop HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nshort", "POST /v1/stop HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "POST /v1/stop HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "GET /v1/workers/%zz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            "GET /v1/workers/%00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "GET /v1/workers/..%2f..%2fetc%2fpasswd/logs HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "GET /v1/../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            "GET /v1/status HTTP/1.1\r\nHost: evil.example\r\n\r\n", "GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        ]).Select(Encoding.Latin1.GetBytes),
    ];
}
