using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace WorkerManagement.Api.Mcp;

/// <summary>A tool of one manager: the answer as structured content and, for clients that know none, as the same JSON in text. A refusal is a tool error with what to do.</summary>
internal sealed class WorkerTool(ToolDefinition definition, WorkerManager manager, ILogger logger) : McpServerTool
{
    public override Tool ProtocolTool { get; } = definition.ToProtocol();

    public override IReadOnlyList<object> Metadata => [];

    public override async ValueTask<CallToolResult> InvokeAsync(RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken = default)
    {
        try
        {
            var answer = await definition.RunAsync(manager, new(definition, request.Params?.Arguments), cancellationToken).ConfigureAwait(false);
            var json = ToolDefinition.Element(Harmless.Of(answer.Json));
            return new() { IsError = answer.Failed, StructuredContent = json, Content = [new TextContentBlock { Text = json.GetRawText() }] };
        }
        catch (Exception exception) when (exception is BadQueryException or WorkerManagementException)
        {
            return Error(exception.Message);
        }
        catch (ObjectDisposedException)
        {
            return Error("the manager is ending; start it again");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The border to the network: what went wrong is for the log, not for whoever asks.
            Log.RequestFailed(logger, exception, "MCP", definition.Name);
            return Error("the manager could not answer; its log says why");
        }
    }

    private static CallToolResult Error(string message) => new() { IsError = true, Content = [new TextContentBlock { Text = Harmless.Of(message) }] };
}
