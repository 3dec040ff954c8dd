using CodeAnalysisServer.Http;
using CodeAnalysisServer.Operations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace CodeAnalysisServer.Mcp;

/// <summary>MCP over Streamable HTTP at <c>/mcp</c>, without sessions: each request stands for itself, so a restarted server goes unnoticed.</summary>
internal static class McpServing
{
    public const string Path = "/mcp";

    public const string Instructions =
        "An always fresh index of source trees. Start with hybrid_search or fulltext_search to find code; search_regex for exact patterns; list_projects tells what is indexed. Paths are relative to the root named beside them.";

    /// <summary>Who this is.</summary>
    public static Implementation Identity { get; } = new() { Name = "code-analysis-server", Title = "Code analysis server", Version = typeof(McpServing).Assembly.GetName().Version!.ToString(3) };

    public static IServiceCollection AddMcp(this IServiceCollection services)
    {
        services.AddMcpServer(options => (options.ServerInfo, options.ServerInstructions) = (Identity, Instructions)).WithHttpTransport(http => http.Stateless = true);
        services.AddOptions<McpServerOptions>().Configure<ServerContext>((options, context) =>
        {
            options.ToolCollection ??= [];
            foreach (var operation in Catalog.All.Where(operation => operation.IsTool))
            {
                options.ToolCollection.Add(new OperationTool(operation, context));
            }
        });
        return services;
    }

    public static void MapMcpTools(this IEndpointRouteBuilder routes)
    {
        routes.MapMcp(Path);
        // Without sessions there is no stream to GET and nothing to DELETE. Clients take 405, and only that, as that word.
        routes.Map(Path, http =>
        {
            http.Response.Headers.Allow = HttpMethods.Post;
            return Problem.WriteAsync(http, "MCP", StatusCodes.Status405MethodNotAllowed, $"'{Path}' takes POST, not {http.Request.Method}");
        });
    }
}
