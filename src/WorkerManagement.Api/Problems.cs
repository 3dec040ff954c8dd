using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace WorkerManagement.Api;

/// <summary>Errors as the outside sees them: problem+json (RFC 9457) with words for the operator, never an exception's own.</summary>
internal static class Problems
{
    /// <summary>Answers whatever the handler throws.</summary>
    public static RequestDelegate Told(RequestDelegate handle) => async context =>
    {
        try
        {
            await handle(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone: nobody is there to be told.
        }
        catch (BadHttpRequestException exception)
        {
            // The server's own words: the body is too large, or broke off.
            await WriteAsync(context, exception.StatusCode, exception.Message).ConfigureAwait(false);
        }
        catch (BadQueryException exception)
        {
            await WriteAsync(context, StatusCodes.Status400BadRequest, exception.Message).ConfigureAwait(false);
        }
        catch (WorkerNotFoundException exception)
        {
            await WriteAsync(context, StatusCodes.Status404NotFound, exception.Message).ConfigureAwait(false);
        }
        catch (WorkerManagementException exception)
        {
            await WriteAsync(context, StatusCodes.Status409Conflict, exception.Message).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "the manager is ending; start it again").ConfigureAwait(false);
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            // The border to the network: what went wrong is for the log, not for whoever asks.
            Log.RequestFailed(context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Problems)), exception, context.Request.Method, context.Request.Path);
            await WriteAsync(context, StatusCodes.Status500InternalServerError, "the manager could not answer; its log says why").ConfigureAwait(false);
        }
    };

    public static async Task WriteAsync(HttpContext context, int status, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        var writer = new Utf8JsonWriter(context.Response.BodyWriter);
        await using (writer.ConfigureAwait(false))
        {
            writer.WriteStartObject();
            writer.WriteString("title", ReasonPhrases.GetReasonPhrase(status));
            writer.WriteNumber("status", status);
            writer.WriteString("detail", detail);
            writer.WriteEndObject();
        }
    }
}

/// <summary>A query parameter makes no sense.</summary>
internal sealed class BadQueryException(string message) : Exception(message);
