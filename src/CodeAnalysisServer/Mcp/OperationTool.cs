using System.Text.Json;
using System.Text.Json.Nodes;
using CodeAnalysisServer.Operations;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using WorkerManagement;

namespace CodeAnalysisServer.Mcp;

/// <summary>An operation as an MCP tool: the answer as structured content and, for clients that know none, as the same JSON in text. A refusal is a tool error with what to do.</summary>
internal sealed class OperationTool(Operation operation, ServerContext context) : McpServerTool
{
    public override Tool ProtocolTool { get; } = new()
    {
        Name = operation.Name,
        Title = operation.Title,
        Description = operation.Description,
        InputSchema = Element(Schemas.OfArguments(operation)),
        OutputSchema = Element(Schemas.OfAnswer(operation.Result)),
        Annotations = new()
        {
            Title = operation.Title,
            ReadOnlyHint = operation.Effect is Effect.Reads,
            DestructiveHint = operation.Effect is Effect.Destroys,
            IdempotentHint = true,
            // All that it works on is this index.
            OpenWorldHint = false,
        },
    };

    public override IReadOnlyList<object> Metadata => [];

    public override async ValueTask<CallToolResult> InvokeAsync(RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken = default)
    {
        try
        {
            var answer = await operation.RunAsync(context, Arguments.From(operation, request.Params?.Arguments), cancellationToken).ConfigureAwait(false);
            var json = JsonSerializer.SerializeToElement(answer, operation.Result);
            return new() { StructuredContent = json, Content = [new TextContentBlock { Text = json.GetRawText() }] };
        }
        catch (Exception exception) when (exception is RefusedException or WorkerManagementException)
        {
            return new() { IsError = true, Content = [new TextContentBlock { Text = exception.Message }] };
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new() { IsError = true, Content = [new TextContentBlock { Text = Unforeseen.Tell(operation, exception) }] };
        }
    }

    private static JsonElement Element(JsonObject schema)
    {
        using var document = JsonDocument.Parse(schema.ToJsonString());
        return document.RootElement.Clone();
    }
}
