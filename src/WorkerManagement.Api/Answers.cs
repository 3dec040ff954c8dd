using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace WorkerManagement.Api;

/// <summary>Answers as JSON.</summary>
internal static class Answers
{
    // Most readers of a stream see a change from the same report to the same.
    private static readonly ConditionalWeakTable<WorkerStatusReport, Tuple<string, byte[]>> Changes = [];

    public static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }

    /// <summary>The report, or 304 to who has it.</summary>
    public static Task WriteStatusAsync(HttpContext context, WorkerStatusReport report)
    {
        if (IsKnown(context, report))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        context.Response.ContentType = "application/json; charset=utf-8";
        return WriteAsync(context.Response, report, context.RequestAborted);
    }

    /// <summary>The whole report, piece by piece, as fast as the client takes it.</summary>
    public static Task WriteAsync(HttpResponse response, WorkerStatusReport report, CancellationToken cancellationToken) =>
        JsonSerializer.SerializeAsync(response.BodyWriter, report, KnownWorkers.Report, cancellationToken);

    /// <summary>One worker of it, or 304 to who has that report.</summary>
    public static Task WriteWorkerAsync(HttpContext context, WorkerStatusReport report, WorkerStatus worker)
    {
        if (IsKnown(context, report))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        return WriteAsync(context, worker, ReportJson.Default.WorkerStatus);
    }

    public static byte[] Change(WorkerStatusReport before, WorkerStatusReport now)
    {
        if (!Changes.TryGetValue(now, out var change) || change.Item1 != before.ResourceVersion)
        {
            change = new(before.ResourceVersion, JsonSerializer.SerializeToUtf8Bytes(StatusChange.Between(before, now), ApiJson.Default.StatusChange));
            Changes.AddOrUpdate(now, change);
        }

        return change.Item2;
    }

    // Workers inside the manager's process change without a new version: what they say is asked anew each time.
    private static bool IsKnown(HttpContext context, WorkerStatusReport report)
    {
        context.Response.Headers.CacheControl = "no-cache";
        if (report.Workers.Any(worker => worker is { Managed: false, Pid: null }))
        {
            return false;
        }

        var tag = $"\"{report.ResourceVersion}\"";
        context.Response.Headers.ETag = tag;
        return context.Request.Headers.IfNoneMatch.Any(known => known is not null && known.Split(',', StringSplitOptions.TrimEntries).Any(one => one == "*" || one == tag || one == "W/" + tag));
    }
}
