using System.Text;
using Microsoft.AspNetCore.Http;

namespace WorkerManagement.Api;

// Server-sent events (WHATWG HTML, section 9.2). Each has the report's resource_version as its id. A client that comes back with
// Last-Event-ID hears only of what is newer; an id of another manager's life, or an older one, gives the whole report first. Between two
// events lies a pause, and what happens in it is told together: a slow client, or two hundred, get fewer events, never old ones, and
// hold up nobody but themselves (the watch keeps one report a reader; Kestrel ends a connection that takes less than 240 bytes a second).

/// <summary>The status as a stream: whole reports, or with <c>?changes=true</c> one and then what changed.</summary>
internal static class EventStream
{
    // The more streams, the longer: two hundred cost the manager no more of the machine than twenty.
    private const int ShortestPause = 20, PauseForEach = 1;

    private static int _open;

    private static TimeSpan Pause => TimeSpan.FromMilliseconds(Math.Max(ShortestPause, Volatile.Read(ref _open) * PauseForEach));

    /// <summary>After so much silence a comment is sent: a connection that is dead is found out, on both sides.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>The manager has gone: a client that does not take its last report within this time is not waited for.</summary>
    private static readonly TimeSpan LastWord = TimeSpan.FromSeconds(1);

    public static async Task WriteAsync(WorkerManager manager, HttpContext context)
    {
        var changes = string.Equals(context.Request.Query["changes"], "true", StringComparison.OrdinalIgnoreCase);
        var known = context.Request.Headers["Last-Event-ID"].ToString();
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        using var ended = StreamEnd.For(context, default);
        using var lastWord = manager.Ended.Register(() => ended.CancelAfter(LastWord));
        WorkerStatusReport? last = null;
        var reports = manager.WatchAsync(ended.Token).GetAsyncEnumerator(ended.Token);
        var next = Task.FromResult(true);
        Interlocked.Increment(ref _open);
        try
        {
            while (await NextOrCommentAsync(context, next = reports.MoveNextAsync().AsTask()).ConfigureAwait(false))
            {
                var report = reports.Current;
                if (last is not null || report.ResourceVersion != known)
                {
                    await WriteAsync(context, last, report, changes, ended.Token).ConfigureAwait(false);
                    await Task.Delay(Pause, TimeProvider.System, ended.Token).ConfigureAwait(false);
                }

                last = report;
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client has gone, or the host goes: it comes again with the last id.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
            await ended.CancelAsync().ConfigureAwait(false);
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await reports.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<bool> NextOrCommentAsync(HttpContext context, Task<bool> next)
    {
        while (true)
        {
            try
            {
                return await next.WaitAsync(Silence, TimeProvider.System, context.RequestAborted).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                await context.Response.WriteAsync(": still here\n\n", context.RequestAborted).ConfigureAwait(false);
                await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            }
        }
    }

    private static async Task WriteAsync(HttpContext context, WorkerStatusReport? last, WorkerStatusReport report, bool changes, CancellationToken cancellationToken)
    {
        var body = context.Response.BodyWriter;
        var change = changes && last is not null ? Answers.Change(last, report) : null;
        await body.WriteAsync(Encoding.UTF8.GetBytes($"id: {report.ResourceVersion}\nevent: {(change is null ? "status" : "change")}\ndata: "), cancellationToken).ConfigureAwait(false);
        await (change is null ? Answers.WriteAsync(context.Response, report, cancellationToken) : body.WriteAsync(change, cancellationToken).AsTask()).ConfigureAwait(false);
        await body.WriteAsync("\n\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
    }
}
