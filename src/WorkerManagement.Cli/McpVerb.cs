using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using WorkerManagement.Api.Mcp;

namespace WorkerManagement.Cli;

/// <summary>
/// <c>workers mcp</c>: the protocol on standard input and output, for an assistant that starts its servers itself, passed on to the manager of
/// a state directory. The tools are listed without a manager, too; each call finds the one that runs then. Standard output carries the
/// protocol and nothing else.
/// </summary>
internal static class McpVerb
{
    /// <summary>Serves until the input ends.</summary>
    public static async Task<int> RunAsync(string stateDirectory, CancellationToken cancellationToken)
    {
        var state = Path.GetFullPath(stateDirectory);
        var options = new McpServerOptions
        {
            ServerInfo = McpEndpoint.Identity,
            ServerInstructions = McpEndpoint.Instructions,
            Handlers = new()
            {
                ListToolsHandler = (_, _) => ValueTask.FromResult(new ListToolsResult { Tools = [.. ToolCatalog.All.Select(tool => tool.ToProtocol())] }),
                CallToolHandler = async (request, cancel) => await AskAsync(state, request.Params!, cancel).ConfigureAwait(false),
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

        return ExitCodes.Done;
    }

    // A connection a call: a manager that was restarted meanwhile, or lies elsewhere now, is found by the next one.
    private static async Task<CallToolResult> AskAsync(string state, CallToolRequestParams call, CancellationToken cancellationToken)
    {
        using var manager = new ManagerClient(state);
        try
        {
            var client = await McpClient.CreateAsync(manager.Mcp(), new() { ClientInfo = McpEndpoint.Identity }, cancellationToken: cancellationToken).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                return await client.CallToolAsync(call, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (HttpRequestException exception) when (exception.InnerException is System.Net.Sockets.SocketException)
        {
            return manager.Unreachable(exception) is NoManagerException
                ? Error($"no manager runs in '{state}'; start one with 'workers run', or name its directory with --state-dir")
                : Error(manager.Unreachable(exception).Message);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return Error($"the manager ended during the call ({exception.Message}); see worker_status once it runs again");
        }
    }

    private static CallToolResult Error(string message) => new() { IsError = true, Content = [new TextContentBlock { Text = message }] };
}
