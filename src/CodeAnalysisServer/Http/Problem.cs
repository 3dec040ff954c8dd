using System.Text.Json;
using CodeAnalysisServer.Operations;
using Microsoft.AspNetCore.Http;

namespace CodeAnalysisServer.Http;

/// <summary>An error as the outside sees it (RFC 9457).</summary>
internal sealed record Problem(string Title, int Status, string Detail)
{
    /// <summary>Answers with it.</summary>
    public static Task WriteAsync(HttpContext context, string title, int status, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        return JsonSerializer.SerializeAsync(context.Response.Body, new(title, status, detail), OperationJson.Plain.Problem, context.RequestAborted);
    }

    /// <summary>The status of a refusal.</summary>
    public static int StatusOf(Refusal refusal) => refusal switch
    {
        Refusal.Invalid => StatusCodes.Status400BadRequest,
        Refusal.NotFound => StatusCodes.Status404NotFound,
        Refusal.Forbidden => StatusCodes.Status403Forbidden,
        Refusal.Conflict => StatusCodes.Status409Conflict,
        _ => StatusCodes.Status503ServiceUnavailable,
    };
}
