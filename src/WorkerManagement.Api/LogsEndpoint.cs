using System.Globalization;
using Microsoft.AspNetCore.Http;
using WorkerManagement.Logs;

namespace WorkerManagement.Api;

/// <summary>
/// <c>GET /v1/workers/{name}/logs?n=&amp;follow=</c>: the bytes as they were written, all that is kept or the last lines; with <c>format=jsonl</c> a JSON object a line,
/// and then <c>since</c>, <c>grep</c>, <c>level</c>, <c>stream</c> and <c>previous</c> as of <c>workers logs</c>.
/// </summary>
internal static class LogsEndpoint
{
    public static async Task AnswerAsync(WorkerManager manager, WorkerStatus worker, HttpContext context)
    {
        var query = QueryOf(context);
        var lines = Value(context, "format") switch { null or "raw" => false, "jsonl" => true, var other => throw new BadQueryException($"format '{other}' is not known; give raw or jsonl") };
        if (!lines && !query.IsPlain)
        {
            throw new BadQueryException("since, grep, level, stream and previous need format=jsonl");
        }

        context.Response.ContentType = lines ? "application/jsonl; charset=utf-8" : "application/octet-stream";
        await context.Response.StartAsync(context.RequestAborted).ConfigureAwait(false);
        if (!worker.Managed)
        {
            return;
        }

        using var ended = StreamEnd.For(context, manager.Ended);
        try
        {
            await (lines ? WriteLinesAsync(manager, worker.Name, query, context, ended.Token) : WriteRawAsync(manager, worker.Name, query, context, ended.Token)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client has gone, or the host goes.
        }
    }

    private static async Task WriteRawAsync(WorkerManager manager, string name, LogQuery query, HttpContext context, CancellationToken ended)
    {
        var body = context.Response.Body;
        await foreach (var block in new WorkerLog(manager.LogDirectory, name).ReadAsync(query.Last, query.Follow, ended).ConfigureAwait(false))
        {
            await body.WriteAsync(block, ended).ConfigureAwait(false);
            await body.FlushAsync(ended).ConfigureAwait(false);
        }
    }

    private static async Task WriteLinesAsync(WorkerManager manager, string name, LogQuery query, HttpContext context, CancellationToken ended)
    {
        var body = context.Response.Body;
        await foreach (var line in new LogLines(manager.LogDirectory, name).ReadAsync(query, ended).ConfigureAwait(false))
        {
            if (line is null)
            {
                await body.FlushAsync(ended).ConfigureAwait(false);
            }
            else
            {
                await body.WriteAsync(LogLineJson.Of(line), ended).ConfigureAwait(false);
                await body.WriteAsync("\n"u8.ToArray(), ended).ConfigureAwait(false);
            }
        }
    }

    private static LogQuery QueryOf(HttpContext context)
    {
        var query = new LogQuery
        {
            Follow = IsTrue(context, "follow"),
            Previous = IsTrue(context, "previous"),
            Stream = Value(context, "stream") is not { } stream ? null : StreamNames.Parse(stream) ?? throw new BadQueryException($"stream '{stream}' is not known; give stdout or stderr"),
            Since = Asked.Moment("since", Value(context, "since")),
            Pattern = Asked.Grep(Value(context, "grep")),
        };
        if (Value(context, "n") is { } text)
        {
            query = query with { Last = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new BadQueryException($"n '{text}' is not a number of lines; give one such as ?n=100") };
        }

        if (Value(context, "level") is { } word)
        {
            query = query with { Level = LevelReader.TryParse(word, out var level) ? level : throw new BadQueryException($"level '{word}' is not known; give trace, debug, info, warn, error or fatal") };
        }

        return query;
    }

    private static string? Value(HttpContext context, string key) => context.Request.Query[key].FirstOrDefault();

    private static bool IsTrue(HttpContext context, string key) => string.Equals(Value(context, key), "true", StringComparison.OrdinalIgnoreCase);
}
