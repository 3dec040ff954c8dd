using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using WorkerManagement.Api.Mcp;
using WorkerManagement.Capsules;
using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Api;

/// <summary>The manager's HTTP API. JSON out; every error is problem+json (RFC 9457), an unknown address and a wrong method too.</summary>
public static class WorkerManagerEndpoints
{
    /// <summary>Maps the API under <paramref name="prefix"/>.</summary>
    public static IEndpointRouteBuilder MapWorkerManager(this IEndpointRouteBuilder routes, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(routes);
        var manager = routes.ServiceProvider.GetRequiredService<WorkerManager>();
        var api = routes.MapGroup(prefix);
        var once = new Idempotency(TimeProvider.System, routes.ServiceProvider);
        IEndpointConventionBuilder Post(RouteGroupBuilder api, string pattern, RequestDelegate handle) => Add(api, pattern, "POST", Problems.Told(once.Once(Problems.Told(handle))));
        Get(api, "/v1/openapi.json", OpenApi.WriteAsync);
        Get(api, "/v1/status", context => Answers.WriteStatusAsync(context, manager.GetWorkerStatus()));
        Get(api, "/v1/workers", context => Answers.WriteStatusAsync(context, manager.GetWorkerStatus()));
        Get(api, "/v1/workers/{name}", context =>
        {
            var report = manager.GetWorkerStatus();
            return Answers.WriteWorkerAsync(context, report, Find(report, context));
        });
        Get(api, "/v1/workers/{name}/logs", context => LogsEndpoint.AnswerAsync(manager, Find(manager.GetWorkerStatus(), context), context));
        Get(api, "/v1/plan", async context =>
        {
            // The plan tells how many processes would go: they are counted now.
            await manager.GetWorkerStatusAsync(context.RequestAborted).ConfigureAwait(false);
            await Answers.WriteAsync(context, manager.PlanStop(Query(context, "of"), Timeout(context)), ReportJson.Default.StopPlan).ConfigureAwait(false);
        });
        Get(api, "/v1/usage", async context => await Answers.WriteAsync(context, await manager.GetUsageAsync(Names(context), context.RequestAborted).ConfigureAwait(false), ReportJson.Default.UsageReport).ConfigureAwait(false));
        Get(api, "/v1/events", context => EventStream.WriteAsync(manager, context));
        Get(api, "/v1/journal", context => JournalEndpoint.AnswerAsync(manager, context));
        Get(api, "/v1/capsules", context => Answers.WriteAsync(context, CapsuleEndpoints.List(manager, context), CapsuleJson.Default.CapsuleList));
        Get(api, "/v1/capsules/{id}", context => Answers.WriteAsync(context, CapsuleEndpoints.Find(manager, context), CapsuleJson.Default.CrashCapsule));
        Post(api, "/v1/workers/{name}/start", async context =>
            await Answers.WriteAsync(context, await manager.StartWorkerAsync(Name(context), context.RequestAborted).ConfigureAwait(false), ReportJson.Default.WorkerStatus).ConfigureAwait(false));
        Post(api, "/v1/workers/{name}/restart", async context =>
            await Answers.WriteAsync(context, await manager.RestartWorkerAsync(Name(context), Timeout(context), context.RequestAborted).ConfigureAwait(false), ReportJson.Default.WorkerStatus).ConfigureAwait(false));
        Post(api, "/v1/workers/{name}/stop", async context =>
            await Answers.WriteAsync(context, await manager.StopWorkerAsync(Name(context), Timeout(context), context.RequestAborted).ConfigureAwait(false), ReportJson.Default.WorkerStopReport).ConfigureAwait(false));
        Post(api, "/v1/workers/{name}/signal", async context =>
        {
            await manager.SignalWorkerAsync(Name(context), Signal(context), context.RequestAborted).ConfigureAwait(false);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        });
        Post(api, "/v1/types/{type}/stop", async context =>
            await Answers.WriteAsync(context, await manager.StopWorkerTypeAsync((string)context.Request.RouteValues["type"]!, Timeout(context), context.RequestAborted).ConfigureAwait(false), ReportJson.Default.StopTypeReport).ConfigureAwait(false));
        Post(api, "/v1/stop", async context =>
            await Answers.WriteAsync(context, await manager.StopAllWorkersAsync(Timeout(context), context.RequestAborted).ConfigureAwait(false), ReportJson.Default.StopAllReport).ConfigureAwait(false));
        ApplyEndpoints.Map((pattern, handle) => Post(api, pattern, handle), manager);
        Get(api, "/metrics", context => MetricsText.WriteAsync(manager, context));
        Get(api, "/health/live", context => context.Response.WriteAsync("live\n"));
        Get(api, "/health/ready", context =>
        {
            var ready = manager.GetWorkerStatus().Workers.All(worker => worker.Desired is DesiredState.Down || worker.Ready);
            context.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return context.Response.WriteAsync(ready ? "ready\n" : "not ready\n");
        });
        McpEndpoint.Map(api, manager);
        Dashboard.Map(api, prefix);
        // Without a prefix the rest of the addresses is the application's.
        api.Map(prefix.Length == 0 ? "/v1/{**rest}" : "/{**rest}", NothingThere);
        return routes;
    }

    internal static Task NothingThere(HttpContext context) =>
        Problems.WriteAsync(context, StatusCodes.Status404NotFound, $"there is nothing at '{context.Request.Path}'; see GET /v1/status and GET /v1/openapi.json");

    private static void Get(RouteGroupBuilder api, string pattern, RequestDelegate handle) => Add(api, pattern, "GET", Problems.Told(handle));

    // The second route has no method, so it only gets what the first does not take.
    private static IEndpointConventionBuilder Add(RouteGroupBuilder api, string pattern, string method, RequestDelegate handle)
    {
        api.Map(pattern, context =>
        {
            context.Response.Headers.Allow = method;
            return Problems.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, $"'{context.Request.Path}' takes {method}, not {context.Request.Method}");
        });
        return api.MapMethods(pattern, [method], handle);
    }

    private static WorkerStatus Find(WorkerStatusReport report, HttpContext context) =>
        report.Workers.FirstOrDefault(worker => worker.Name == Name(context))
        ?? throw new WorkerNotFoundException($"there is no worker '{Name(context)}'{Spelling.Hint(Name(context), [.. report.Workers.Select(worker => worker.Name)])}");

    // The server leaves %2F in a path as it is: it stands for a slash unless a worker is really called so.
    private static string Name(HttpContext context)
    {
        var name = (string)context.Request.RouteValues["name"]!;
        return !name.Contains("%2F", StringComparison.OrdinalIgnoreCase) || context.RequestServices.GetRequiredService<WorkerManager>().GetWorkerStatus().Workers.Any(worker => worker.Name == name)
            ? name
            : name.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
    }

    internal static string? Query(HttpContext context, string key) => context.Request.Query[key].FirstOrDefault();

    // ?name=a&name=b: only these; all without one.
    private static string[]? Names(HttpContext context) => context.Request.Query.TryGetValue("name", out var names) ? [.. names.OfType<string>()] : null;

    private static TimeSpan? Timeout(HttpContext context) => Query(context, "timeout") is not { } text ? null
        : Durations.TryParse(text, out var timeout) ? timeout
        : throw new BadQueryException($"timeout '{text}' is not a duration; give one such as 10s, 200ms or 1m30s");

    private static int Signal(HttpContext context) => SignalName.TryParse(Query(context, "signal"), out var signal)
        ? signal
        : throw new BadQueryException($"'{Query(context, "signal")}' is not a signal; give one such as ?signal=HUP");
}
