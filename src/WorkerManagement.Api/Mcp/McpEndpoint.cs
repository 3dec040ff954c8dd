using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace WorkerManagement.Api.Mcp;

// MCP over Streamable HTTP, without sessions: each request stands for itself, so a restarted manager goes unnoticed. The SDK's services
// are nobody's but this endpoint's, and made when the first client comes: an application may serve an MCP of its own beside it, and a
// manager that nobody asks this way pays nothing for it.

/// <summary>The manager for assistants.</summary>
internal static class McpEndpoint
{
    public const string Pattern = "/mcp";

    public const string Instructions =
        "A manager of background workers (processes that it starts, watches and restarts). Begin with worker_status; for a worker that is not well ask worker_why, then worker_logs and worker_capsules. worker_stop and worker_restart first return a plan and a code: show the plan, and call again with the code as 'confirm' to act.";

    /// <summary>Who this is.</summary>
    public static Implementation Identity { get; } = new() { Name = "workers", Title = "Worker manager", Version = typeof(McpEndpoint).Assembly.GetName().Version!.ToString(3) };

    /// <summary>Maps it. Where the application has something of its own at that address, that goes first.</summary>
    public static void Map(RouteGroupBuilder api, WorkerManager manager)
    {
        var serving = new Lazy<RequestDelegate>(() => Build(manager, api));
        api.MapMethods(Pattern, ["POST"], Problems.Told(context => serving.Value(context))).WithMetadata(new Endpoint()).WithOrder(1);
        // Without sessions there is no stream to GET and nothing to DELETE. Clients take 405, and only that, as that word.
        api.Map(Pattern, context =>
        {
            context.Response.Headers.Allow = "POST";
            return Problems.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, $"'{context.Request.Path}' takes POST, not {context.Request.Method}");
        }).WithOrder(1);
    }

    // The SDK has its handler for itself: it is mapped onto routes that nobody else sees, and taken from there.
    private static RequestDelegate Build(WorkerManager manager, IEndpointRouteBuilder application)
    {
        var logging = application.ServiceProvider.GetRequiredService<ILoggerFactory>();
        var logger = logging.CreateLogger(typeof(McpEndpoint));
        var services = new ServiceCollection();
        services.AddSingleton(logging);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddMcpServer(options =>
        {
            (options.ServerInfo, options.ServerInstructions) = (Identity, Instructions);
            options.ToolCollection = [.. ToolCatalog.All.Select(definition => new WorkerTool(definition, manager, logger))];
        }).WithHttpTransport();
        var routes = new PrivateRoutes(services.BuildServiceProvider());
        routes.MapMcp();
        return routes.DataSources.SelectMany(source => source.Endpoints).Single(endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains("POST") == true).RequestDelegate!;
    }

    /// <summary>Marks the route: it speaks MCP, so the OpenAPI document does not describe it.</summary>
    internal sealed class Endpoint;

    private sealed class PrivateRoutes(IServiceProvider services) : IEndpointRouteBuilder
    {
        public IServiceProvider ServiceProvider => services;

        public ICollection<EndpointDataSource> DataSources { get; } = [];

        public IApplicationBuilder CreateApplicationBuilder() => new ApplicationBuilder(services);
    }
}
