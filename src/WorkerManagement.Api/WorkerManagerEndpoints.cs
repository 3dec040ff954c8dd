using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Api;

/// <summary>The manager's HTTP API. JSON out; errors are problem+json (RFC 9457).</summary>
public static class WorkerManagerEndpoints
{
    /// <summary>Maps the API under <paramref name="prefix"/>.</summary>
    public static IEndpointRouteBuilder MapWorkerManager(this IEndpointRouteBuilder routes, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(routes);
        var manager = routes.ServiceProvider.GetRequiredService<WorkerManager>();
        var api = routes.MapGroup(prefix);
        api.MapGet("/v1/status", context => WriteAsync(context, manager.GetWorkerStatus(), ReportJson.Default.WorkerStatusReport));
        api.MapGet("/v1/workers", context => WriteAsync(context, manager.GetWorkerStatus(), ReportJson.Default.WorkerStatusReport));
        api.MapGet("/v1/workers/{name}", context => Find(manager, context) is { } worker
            ? WriteAsync(context, worker, ReportJson.Default.WorkerStatus)
            : Unknown(context));
        api.MapPost("/v1/workers/{name}/start", Guarded(async context =>
            await WriteAsync(context, await manager.StartWorkerAsync(Name(context), context.RequestAborted).ConfigureAwait(false), ReportJson.Default.WorkerStatus).ConfigureAwait(false)));
        api.MapPost("/v1/workers/{name}/restart", Guarded(async context =>
            await WriteAsync(context, await manager.RestartWorkerAsync(Name(context), Timeout(context), context.RequestAborted).ConfigureAwait(false), ReportJson.Default.WorkerStatus).ConfigureAwait(false)));
        api.MapPost("/v1/workers/{name}/stop", Guarded(async context =>
            await WriteAsync(context, await manager.StopWorkerAsync(Name(context), Timeout(context), context.RequestAborted).ConfigureAwait(false), ReportJson.Default.WorkerStopReport).ConfigureAwait(false)));
        api.MapPost("/v1/workers/{name}/signal", Guarded(async context =>
        {
            var signal = SignalName.TryParse(context.Request.Query["signal"], out var number)
                ? number
                : throw new WorkerManagementException($"'{context.Request.Query["signal"]}' is not a signal; give one such as ?signal=HUP");
            await manager.SignalWorkerAsync(Name(context), signal, context.RequestAborted).ConfigureAwait(false);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }));
        api.MapPost("/v1/types/{type}/stop", Guarded(async context =>
            await WriteAsync(context, await manager.StopWorkerTypeAsync((string)context.Request.RouteValues["type"]!, Timeout(context), context.RequestAborted).ConfigureAwait(false), ReportJson.Default.StopTypeReport).ConfigureAwait(false)));
        api.MapPost("/v1/stop", Guarded(async context =>
            await WriteAsync(context, await manager.StopAllWorkersAsync(Timeout(context), context.RequestAborted).ConfigureAwait(false), ReportJson.Default.StopAllReport).ConfigureAwait(false)));
        api.MapGet("/v1/plan", Guarded(context => WriteAsync(context, manager.PlanStop(context.Request.Query["of"].FirstOrDefault(), Timeout(context)), ReportJson.Default.StopPlan)));
        api.MapGet("/v1/events", context => EventsAsync(manager, context));
        api.MapGet("/v1/workers/{name}/logs", context => LogsAsync(manager, context));
        api.MapGet("/health/live", context => context.Response.WriteAsync("live\n"));
        api.MapGet("/health/ready", context =>
        {
            var ready = manager.GetWorkerStatus().Workers.All(worker => worker.Desired is DesiredState.Down || worker.Ready);
            context.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return context.Response.WriteAsync(ready ? "ready\n" : "not ready\n");
        });
        return routes;
    }

    private static WorkerStatus? Find(WorkerManager manager, HttpContext context) =>
        manager.GetWorkerStatus().Workers.FirstOrDefault(worker => worker.Name == Name(context));

    private static string Name(HttpContext context) => (string)context.Request.RouteValues["name"]!;

    private static TimeSpan? Timeout(HttpContext context) => context.Request.Query["timeout"].FirstOrDefault() is not { } text ? null
        : Durations.TryParse(text, out var timeout) ? timeout
        : throw new WorkerManagementException($"timeout '{text}' is not a duration; give one such as 10s, 200ms or 1m30s");

    private static RequestDelegate Guarded(RequestDelegate handle) => async context =>
    {
        try
        {
            await handle(context).ConfigureAwait(false);
        }
        catch (WorkerManagementException exception)
        {
            var unknown = exception.Message.StartsWith("there is no", StringComparison.Ordinal);
            await ProblemAsync(context, unknown ? StatusCodes.Status404NotFound : StatusCodes.Status409Conflict, exception.Message).ConfigureAwait(false);
        }
    };

    private static Task Unknown(HttpContext context) => ProblemAsync(context, StatusCodes.Status404NotFound, $"there is no worker '{Name(context)}'");

    private static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }

    private static async Task ProblemAsync(HttpContext context, int status, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        var writer = new Utf8JsonWriter(context.Response.BodyWriter);
        await using (writer.ConfigureAwait(false))
        {
            writer.WriteStartObject();
            writer.WriteString("title", status == StatusCodes.Status404NotFound ? "Not found" : "Not possible now");
            writer.WriteNumber("status", status);
            writer.WriteString("detail", detail);
            writer.WriteEndObject();
        }
    }

    private static async Task EventsAsync(WorkerManager manager, HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        try
        {
            await foreach (var report in manager.WatchAsync(context.RequestAborted).ConfigureAwait(false))
            {
                var json = JsonSerializer.Serialize(report, ReportJson.Default.WorkerStatusReport);
                await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"id: {report.Version}\nevent: status\ndata: {json}\n\n"), context.RequestAborted).ConfigureAwait(false);
                await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone: the usual end of a stream.
        }
    }

    private static async Task LogsAsync(WorkerManager manager, HttpContext context)
    {
        // Only the name of a known worker becomes part of a path.
        if (Find(manager, context) is not { Managed: true } worker)
        {
            await Unknown(context).ConfigureAwait(false);
            return;
        }

        context.Response.ContentType = "application/octet-stream";
        var path = Path.Combine(manager.LogDirectory, worker.Name + ".log");
        if (File.Exists(path))
        {
            var log = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            await using (log.ConfigureAwait(false))
            {
                await log.CopyToAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
            }
        }
    }
}
