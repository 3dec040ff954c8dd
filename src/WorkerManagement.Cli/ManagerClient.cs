using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace WorkerManagement.Cli;

/// <summary>The manager that owns a state directory, through its HTTP API on the Unix socket there.</summary>
internal sealed class ManagerClient : IDisposable
{
    private readonly HttpClient _http;

    private readonly string _socket;

    public ManagerClient(string stateDirectory)
    {
        var socket = _socket = ApiSocket.Find(Path.GetFullPath(stateDirectory));
        _http = new(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken).ConfigureAwait(false);
                    return new NetworkStream(connection, ownsSocket: true);
                }
                catch
                {
                    connection.Dispose();
                    throw;
                }
            },
        })
        {
            BaseAddress = new("http://manager/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Asks; the answer's JSON, or the problem's own words as an exception.</summary>
    /// <exception cref="NoManagerException">Nobody listens.</exception>
    /// <exception cref="WorkerManagementException">The manager refuses, or may not be asked.</exception>
    public async Task<JsonDocument> AskAsync(HttpMethod method, string path, CancellationToken cancellationToken, string? body = null)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body) };
            using var answer = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            var json = JsonDocument.Parse(text.Length == 0 ? "{}" : text);
            return answer.IsSuccessStatusCode
                ? json
                : throw new WorkerManagementException(json.RootElement.TryGetProperty("detail", out var detail) ? detail.GetString()! : $"the manager answers {(int)answer.StatusCode} without a reason; use command and manager of one version");
        }
        catch (HttpRequestException exception)
        {
            throw Unreachable(exception);
        }
        catch (JsonException exception)
        {
            throw new WorkerManagementException($"what listens at '{_socket}' is not a manager of this version: {exception.Message}", exception);
        }
    }

    /// <summary>The status now and after each change, until the caller has seen enough.</summary>
    /// <exception cref="NoManagerException">Nobody listens, or the manager ended meanwhile.</exception>
    public async IAsyncEnumerable<JsonDocument> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stream = await OpenAsync("/v1/events", cancellationToken).ConfigureAwait(false);
        var events = SseParser.Create(stream, static (_, data) => JsonDocument.Parse(data.ToArray())).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (events.ConfigureAwait(false))
        {
            while (await NextAsync(events).ConfigureAwait(false))
            {
                yield return events.Current.Data;
            }
        }

        throw new NoManagerException("the manager ended");
    }

    public void Dispose() => _http.Dispose();

    private async Task<Stream> OpenAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.GetStreamAsync(new Uri(path, UriKind.Relative), cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw Unreachable(exception);
        }
    }

    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<SseItem<JsonDocument>> events)
    {
        try
        {
            return await events.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            // The connection broke: the manager is gone.
            return false;
        }
    }

    private Exception Unreachable(HttpRequestException exception) => exception.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied }
        ? new WorkerManagementException($"the manager's socket '{_socket}' may not be used by this user; run the command as the user that runs the manager", exception)
        : new NoManagerException(exception.Message);
}

/// <summary>No manager owns the state directory.</summary>
internal sealed class NoManagerException(string message) : Exception(message);
