using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace WorkerManagement.Api;

// A command that carries an Idempotency-Key is done once: who asks again with the same key, because the connection broke before the
// answer came, gets the answer of the first time, also while that is still going on. So the command runs apart from the
// connection that brought it. Bounded by age, number and bytes; the oldest answers go first.

/// <summary>Remembers the answers of commands by their key.</summary>
internal sealed class Idempotency(TimeProvider time, IServiceProvider services)
{
    private const int MostAnswers = 256, MostBytes = 4 << 20, LongestKey = 255;
    private const string Header = "Idempotency-Key";

    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly OrderedDictionary<string, (string Command, DateTimeOffset At, Task<Answer> Answer)> _answers = [];

    private sealed record Answer(int Status, string? ContentType, byte[] Body);

    /// <summary>The same handler, once a key.</summary>
    public RequestDelegate Once(RequestDelegate handle) => async context =>
    {
        if (!context.Request.Headers.TryGetValue(Header, out var keys))
        {
            await handle(context).ConfigureAwait(false);
            return;
        }

        var key = keys.ToString();
        if (key.Length is 0 or > LongestKey)
        {
            await Problems.WriteAsync(context, StatusCodes.Status400BadRequest, $"an {Header} has 1 to {LongestKey} characters; a UUID will do").ConfigureAwait(false);
            return;
        }

        using var content = new MemoryStream();
        await context.Request.Body.CopyToAsync(content, context.RequestAborted).ConfigureAwait(false);
        var body = content.ToArray();
        var command = $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}{(body.Length > 0 ? $" with {Convert.ToHexStringLower(SHA256.HashData(body))}" : "")}";
        var (known, answering, again) = Find(key, command, context, body, handle);
        if (known != command)
        {
            await Problems.WriteAsync(context, StatusCodes.Status422UnprocessableEntity, $"this {Header} was used for '{known}'; take a new one for each command").ConfigureAwait(false);
            return;
        }

        var answer = await answering.WaitAsync(context.RequestAborted).ConfigureAwait(false);
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        if (again)
        {
            context.Response.Headers["Idempotency-Replayed"] = "true";
        }

        if (answer.Body.Length > 0)
        {
            await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted).ConfigureAwait(false);
        }
    };

    private (string Command, Task<Answer> Answer, bool Again) Find(string key, string command, HttpContext context, byte[] body, RequestDelegate handle)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            while (_answers.Count > 0 && (_answers.GetAt(0).Value.At + Kept < now || _answers.Count >= MostAnswers || Bytes() > MostBytes))
            {
                _answers.RemoveAt(0);
            }

            if (_answers.TryGetValue(key, out var known))
            {
                return (known.Command, known.Answer, true);
            }

            var answer = RunAsync(Apart(context, body), handle);
            _answers.Add(key, (command, now, answer));
            return (command, answer, false);
        }
    }

    private int Bytes() => _answers.Values.Sum(known => known.Answer.IsCompletedSuccessfully ? known.Answer.Result.Body.Length : 0);

    private static async Task<Answer> RunAsync(DefaultHttpContext context, RequestDelegate handle)
    {
        await Task.Yield();
        using var body = new MemoryStream();
        context.Response.Body = body;
        await handle(context).ConfigureAwait(false);
        await context.Response.CompleteAsync().ConfigureAwait(false);
        return new(context.Response.StatusCode, context.Response.ContentType, body.ToArray());
    }

    // All that a handler reads of a request; nothing of it ends with the connection.
    private DefaultHttpContext Apart(HttpContext context, byte[] body)
    {
        var apart = new DefaultHttpContext { RequestServices = services };
        apart.Request.Method = context.Request.Method;
        apart.Request.Path = context.Request.Path;
        apart.Request.QueryString = context.Request.QueryString;
        apart.Request.Body = new MemoryStream(body, writable: false);
        apart.Request.RouteValues = new RouteValueDictionary(context.Request.RouteValues);
        return apart;
    }
}
