using System.Net.Sockets;
using System.Text.Json;
using CodeAnalysisServer.Operations;
using WorkerManagement.Posix;

namespace CodeAnalysisServer.Serving;

/// <summary>
/// The server that owns a data directory, through its Unix socket there: no port is guessed, and only this user can have made it (the
/// directory is private to its owner). What answers must also say that it serves this directory.
/// </summary>
internal sealed class RunningServer : IDisposable
{
    // One that lives says who it is within milliseconds.
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(50), Patience = TimeSpan.FromSeconds(10);

    private RunningServer(HttpClient http, ServerIdentity identity) => (Http, Identity) = (http, identity);

    /// <summary>Asks it.</summary>
    public HttpClient Http { get; }

    /// <summary>Who it is.</summary>
    public ServerIdentity Identity { get; }

    /// <summary>The server of this directory; null when none answers.</summary>
    /// <exception cref="UsageException">This user may not ask it, it does not answer, or something else does.</exception>
    public static async Task<RunningServer?> FindAsync(string dataDirectory, CancellationToken cancellationToken)
    {
        var path = ServerSocket.PathFrom(dataDirectory);
        if (!File.Exists(path))
        {
            return null;
        }

        var pid = 0;
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(Patience);
        var http = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, cancel) => ConnectAsync(path, of => pid = of, cancel) }) { BaseAddress = new("http://localhost/"), Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            var identity = JsonSerializer.Deserialize(await http.GetStringAsync(new Uri(ServerSocket.IdentityPath, UriKind.Relative), bound.Token).ConfigureAwait(false), OperationJson.Plain.ServerIdentity);
            return identity?.Data == dataDirectory ? new(http, identity) : throw new UsageException($"what listens at '{path}' serves '{identity?.Data}', not '{dataDirectory}'; stop it, then remove that file");
        }
        catch (HttpRequestException exception)
        {
            http.Dispose();
            return exception.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied }
                ? throw new UsageException($"the server of '{dataDirectory}' belongs to another user; ask as that user")
                : null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // One that is stopped takes connections still: its kernel does.
            http.Dispose();
            throw new UsageException($"the server of '{dataDirectory}', process {pid}, does not answer; let it go on if it was stopped (kill -CONT {pid}), or end it (kill -9 {pid}): its workers go with it");
        }
        catch (JsonException exception)
        {
            http.Dispose();
            throw new UsageException($"what listens at '{path}' is no server of this version ({exception.Message}); stop it first");
        }
    }

    /// <summary>The same for a server that is starting at this moment; null when none answers within the limit.</summary>
    /// <exception cref="UsageException">This user may not ask it, or something else answers.</exception>
    public static async Task<RunningServer?> AppearsAsync(string dataDirectory, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(limit);
        // Its socket's file is there before it listens, and nothing tells when it does: asked again.
        using var again = new PeriodicTimer(Again);
        try
        {
            while (true)
            {
                if (await FindAsync(dataDirectory, bound.Token).ConfigureAwait(false) is { } running)
                {
                    return running;
                }

                await again.WaitForNextTickAsync(bound.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    public void Dispose() => Http.Dispose();

    private static async ValueTask<Stream> ConnectAsync(string path, Action<int> connected, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            connected(UnixSockets.GetPeer((int)socket.Handle).Pid);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
