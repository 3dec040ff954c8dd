using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace WorkerManagement.Api.Mcp;

/// <summary>MCP over Streamable HTTP, without sessions: each request stands for itself, so a restarted manager goes unnoticed.</summary>
internal static class McpEndpoint
{
    public const string Pattern = "/v1/mcp";

    /// <summary>Maps it among the API's own addresses: <c>/mcp</c> may be the application's.</summary>
    public static void Map(RouteGroupBuilder api, WorkerManager manager)
    {
        api.MapMethods(Pattern, ["POST"], Problems.Told(context => AnswerAsync(context, manager))).WithMetadata(new Endpoint());
        // Without sessions there is no stream to GET and nothing to DELETE. Clients take 405, and only that, as that word.
        api.Map(Pattern, context =>
        {
            context.Response.Headers.Allow = "POST";
            return Problems.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, $"'{context.Request.Path}' takes POST, not {context.Request.Method}");
        });
    }

    private static async Task AnswerAsync(HttpContext context, WorkerManager manager)
    {
        if (McpProtocol.Refuse(context.Request.Headers["MCP-Protocol-Version"].ToString()) is { } refusal)
        {
            await WriteAsync(context, StatusCodes.Status400BadRequest, refusal).ConfigureAwait(false);
            return;
        }

        JsonElement message;
        try
        {
            using var parsed = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted).ConfigureAwait(false);
            message = parsed.RootElement.Clone();
            McpProtocol.Check(message);
        }
        catch (JsonException exception)
        {
            await WriteAsync(context, StatusCodes.Status400BadRequest, McpProtocol.NotJson(exception)).ConfigureAwait(false);
            return;
        }

        var answer = await McpProtocol.AnswerAsync(message, (tool, arguments, cancel) => CallAsync(tool, arguments, manager, context, cancel), context.RequestAborted).ConfigureAwait(false);
        if (answer is null)
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        await WriteAsync(context, StatusCodes.Status200OK, answer).ConfigureAwait(false);
    }

    private static async Task<JsonObject> CallAsync(ToolDefinition tool, JsonElement arguments, WorkerManager manager, HttpContext context, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await tool.RunAsync(manager, new(tool, arguments), cancellationToken).ConfigureAwait(false);
            return McpProtocol.ToolResult(Harmless.Of(answer.Json), answer.Failed);
        }
        catch (Exception exception) when (exception is BadQueryException or WorkerManagementException)
        {
            return McpProtocol.ToolError(exception.Message);
        }
        catch (ObjectDisposedException)
        {
            return McpProtocol.ToolError("the manager is ending; start it again");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The border to the network: what went wrong is for the log, not for whoever asks.
            Log.RequestFailed(context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(McpEndpoint)), exception, "MCP", tool.Name);
            return McpProtocol.ToolError("the manager could not answer; its log says why");
        }
    }

    private static Task WriteAsync(HttpContext context, int status, JsonObject answer)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(answer.ToJsonString()), context.RequestAborted).AsTask();
    }

    /// <summary>Marks the route: MCP describes itself, so the OpenAPI document does not.</summary>
    internal sealed class Endpoint;
}
