using System.Net.Sockets;
using CodeAnalysisServer.Serving;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace CodeAnalysisServer.Mcp;

/// <summary>
/// MCP over standard input and output, passed on to the server of a data directory. When that server goes, the next call looks for
/// another one, or starts one, through <paramref name="reach"/>. Standard output carries the protocol and nothing else.
/// </summary>
/// <param name="reach">Finds or starts a server.</param>
internal sealed class McpBridge(Func<CancellationToken, Task<RunningServer>> reach) : IAsyncDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private RunningServer? _server;
    private McpClient? _client;

    /// <summary>Serves until the input ends.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var options = new McpServerOptions
        {
            ServerInfo = McpServing.Identity,
            ServerInstructions = McpServing.Instructions,
            Handlers = new()
            {
                ListToolsHandler = async (request, cancel) => await AskAsync((client, token) => client.ListToolsAsync(request.Params ?? new(), token).AsTask(), cancel).ConfigureAwait(false),
                CallToolHandler = async (request, cancel) => await AskAsync((client, token) => client.CallToolAsync(request.Params!, token).AsTask(), cancel).ConfigureAwait(false),
            },
        };
        var transport = new StdioServerTransport(options);
        await using (transport.ConfigureAwait(false))
        {
            var server = McpServer.Create(transport, options);
            await using (server.ConfigureAwait(false))
            {
                await server.RunAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ForgetAsync().ConfigureAwait(false);
        _one.Dispose();
    }

    // A server that went between two calls is not the caller's concern; one that goes during a call is told.
    private async Task<T> AskAsync<T>(Func<McpClient, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        var client = await ClientAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await ask(client, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (exception.InnerException is SocketException)
        {
            // Nobody listens any more: it was not even asked.
            client = await ClientAsync(cancellationToken, after: client).ConfigureAwait(false);
            return await ask(client, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new McpException($"the server ended during the call ({exception.Message}); call again");
        }
    }

    private async Task<McpClient> ClientAsync(CancellationToken cancellationToken, McpClient? after = null)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_client is null || _client == after)
            {
                await ForgetAsync().ConfigureAwait(false);
                _server = await reach(cancellationToken).ConfigureAwait(false);
                _client = await McpClient.CreateAsync(new HttpClientTransport(new() { Endpoint = new(_server.Http.BaseAddress!, McpServing.Path), TransportMode = HttpTransportMode.StreamableHttp }, _server.Http), new() { ClientInfo = McpServing.Identity }, cancellationToken: cancellationToken).ConfigureAwait(false);
            }

            return _client;
        }
        catch (UsageException exception)
        {
            throw new McpException(exception.Message);
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task ForgetAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync().ConfigureAwait(false);
        }

        _server?.Dispose();
        (_client, _server) = (null, null);
    }
}
