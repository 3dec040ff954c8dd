using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace CodeAnalysisServer.Tests;

/// <summary>What an endpoint says to a request.</summary>
internal sealed record EndpointAnswer(int Status, string Body, string? RetryAfter = null);

/// <summary>An embedding endpoint in this process, over real HTTP; it answers as it is told to.</summary>
internal sealed class EmbeddingEndpoint : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    public EmbeddingEndpoint(int port = 0)
    {
        _listener = new(IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The texts of each request.</summary>
    public ConcurrentQueue<string[]> Requests { get; } = new();

    /// <summary>The heads of the requests.</summary>
    public ConcurrentQueue<string> Heads { get; } = new();

    /// <summary>How it answers; a vector of three numbers for each text from the start.</summary>
    public Func<string[], CancellationToken, Task<EndpointAnswer>> Answer { get; set; } = (texts, _) => Task.FromResult(Good(texts));

    public static EndpointAnswer Good(string[] texts, int dimensions = 3) => OpenAi(texts.Select(text => Enumerable.Range(0, dimensions).Select(i => $"{text.Length + i + 1}.5").ToArray()));

    public static EndpointAnswer OpenAi(IEnumerable<string[]> vectors) =>
        new(200, $$"""{"object":"list","data":[{{string.Join(',', vectors.Select((vector, i) => $$"""{"object":"embedding","index":{{i}},"embedding":[{{string.Join(',', vector)}}]}"""))}}]}""");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var clients = new List<Task>();
        try
        {
            while (true)
            {
                clients.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(clients).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // One request a connection: enough of HTTP for a client that sends a length.
    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            var stream = client.GetStream();
            var received = new List<byte>();
            var buffer = new byte[65536];
            string head;
            int headLength;
            while (true)
            {
                var text = Encoding.Latin1.GetString([.. received]);
                if (text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var end)
                {
                    (head, headLength) = (text[..end], end + 4);
                    break;
                }

                received.AddRange(buffer.AsSpan(0, await ReadAsync()));
            }

            var length = int.Parse(head.Split("\r\n").Single(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)).Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
            while (received.Count < headLength + length)
            {
                received.AddRange(buffer.AsSpan(0, await ReadAsync()));
            }

            using var body = JsonDocument.Parse(Encoding.UTF8.GetString([.. received[headLength..]]));
            var texts = body.RootElement.GetProperty("input").EnumerateArray().Select(item => item.GetString()!).ToArray();
            Heads.Enqueue(head);
            Requests.Enqueue(texts);
            var answer = await Answer(texts, _stop.Token);
            var content = Encoding.UTF8.GetBytes(answer.Body);
            var retry = answer.RetryAfter is { } after ? $"Retry-After: {after}\r\n" : "";
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {answer.Status} X\r\nContent-Type: application/json\r\nContent-Length: {content.Length}\r\n{retry}Connection: close\r\n\r\n"), _stop.Token);
            await stream.WriteAsync(content, _stop.Token);

            async Task<int> ReadAsync() => await stream.ReadAsync(buffer, _stop.Token) is > 0 and var read ? read : throw new IOException("the client left");
        }
    }
}
