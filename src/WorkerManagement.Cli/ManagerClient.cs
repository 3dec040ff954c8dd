using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;

namespace WorkerManagement.Cli;

/// <summary>The manager that owns a state directory, through its HTTP API on the Unix socket there.</summary>
internal sealed class ManagerClient : IDisposable
{
    // One that lives answers within milliseconds, whatever it does: only what was asked may take its time.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http;
    private readonly string _socket;
    private int _pid;

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
                    _pid = UnixSockets.GetPeer((int)connection.Handle).Pid;
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
    /// <exception cref="WorkerManagementException">The manager refuses, may not be asked, or is there and does not answer.</exception>
    public async Task<JsonDocument> AskAsync(HttpMethod method, string path, CancellationToken cancellationToken, string? body = null)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body) };
            using var answer = await AnsweredAsync(cancel => _http.SendAsync(request, cancel), cancellationToken).ConfigureAwait(false);
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
            return await AnsweredAsync(cancel => _http.GetStreamAsync(new Uri(path, UriKind.Relative), cancel), cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw Unreachable(exception);
        }
    }

    // A manager that is stopped, or hangs, takes connections still (its kernel does): without this the command would wait for ever and say nothing.
    private async Task<T> AnsweredAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answer = ask(bound.Token);
        while (true)
        {
            await ((Task)answer).WaitAsync(Patience, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (answer.IsCompleted || cancellationToken.IsCancellationRequested)
            {
                return await answer.ConfigureAwait(false);
            }

            if (!await LivesAsync(cancellationToken).ConfigureAwait(false))
            {
                await bound.CancelAsync().ConfigureAwait(false);
                await ((Task)answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw new WorkerManagementException(IsStopped(_pid)
                    ? $"the manager, process {_pid}, is stopped and does not answer; let it go on (kill -CONT {_pid}), or end it (kill -9 {_pid}): its guard then ends the workers"
                    : $"the manager, process {_pid}, does not answer; look what holds it up (a debugger, memory, the machine), or end it (kill -9 {_pid}): its guard then ends the workers");
            }
        }
    }

    private async Task<bool> LivesAsync(CancellationToken cancellationToken)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(Patience);
        try
        {
            using var answer = await _http.GetAsync(new Uri("/health/live", UriKind.Relative), bound.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        catch (HttpRequestException)
        {
            // It has gone: what was asked breaks as well, and says so.
            return true;
        }
    }

    // By a signal, or by a debugger.
    private static bool IsStopped(int pid) => ProcStat.TryRead(pid) is { State: 'T' or 't' };

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
