using System.Net.Sockets;
using System.Text.Json;

namespace WorkerManagement.Cli;

/// <summary>The manager that owns a state directory, through its HTTP API on the Unix socket there.</summary>
internal sealed class ManagerClient : IDisposable
{
    private readonly HttpClient _http;

    public ManagerClient(string stateDirectory)
    {
        var socket = Path.Combine(Path.GetFullPath(stateDirectory), "api.sock");
        var elsewhere = Path.Combine(Path.GetFullPath(stateDirectory), "api.path");
        if (File.Exists(elsewhere))
        {
            socket = File.ReadAllText(elsewhere).Trim();
        }

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
    /// <exception cref="WorkerManagementException">The manager refuses.</exception>
    public async Task<JsonDocument> AskAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path);
            using var answer = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            var json = JsonDocument.Parse(text.Length == 0 ? "{}" : text);
            return answer.IsSuccessStatusCode
                ? json
                : throw new WorkerManagementException(json.RootElement.TryGetProperty("detail", out var detail) ? detail.GetString()! : $"the manager answers {(int)answer.StatusCode}");
        }
        catch (HttpRequestException exception)
        {
            throw new NoManagerException(exception.Message);
        }
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>No manager owns the state directory.</summary>
internal sealed class NoManagerException(string message) : Exception(message);
