using System.Text.Json;
using Microsoft.AspNetCore.Http;
using WorkerManagement.Journals;

namespace WorkerManagement.Api;

/// <summary><c>GET /v1/journal?since=&amp;worker=&amp;follow=</c>: what the manager noted, a JSON object a line, oldest first; followed, until the client leaves.</summary>
internal static class JournalEndpoint
{
    public static async Task AnswerAsync(WorkerManager manager, HttpContext context)
    {
        var since = Asked.Moment("since", context.Request.Query["since"].FirstOrDefault());
        var worker = context.Request.Query["worker"].FirstOrDefault();
        var follow = string.Equals(context.Request.Query["follow"].FirstOrDefault(), "true", StringComparison.OrdinalIgnoreCase);
        context.Response.ContentType = "application/jsonl; charset=utf-8";
        using var ended = StreamEnd.For(context, manager.Ended);
        try
        {
            await foreach (var record in new Journal(manager.Options.StateDirectory).ReadAsync(since, follow, ended.Token).ConfigureAwait(false))
            {
                if (record.Kind != "snapshot" && (worker is null || record.Worker == worker))
                {
                    await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(record, JournalJson.Default.JournalRecord), ended.Token).ConfigureAwait(false);
                    await context.Response.Body.WriteAsync("\n"u8.ToArray(), ended.Token).ConfigureAwait(false);
                    if (follow)
                    {
                        await context.Response.Body.FlushAsync(ended.Token).ConfigureAwait(false);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client has gone, or the host goes.
        }
    }
}
