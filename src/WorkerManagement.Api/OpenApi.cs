using Microsoft.AspNetCore.Http;

namespace WorkerManagement.Api;

/// <summary>The API's own description, OpenAPI 3.1: <c>openapi.json</c> beside this file. A test compares it with the routes and the reports.</summary>
internal static class OpenApi
{
    private const string Resource = "openapi.json";

    public static async Task WriteAsync(HttpContext context)
    {
        var document = typeof(OpenApi).Assembly.GetManifestResourceStream(Resource)!;
        await using (document.ConfigureAwait(false))
        {
            context.Response.ContentType = "application/json; charset=utf-8";
            context.Response.ContentLength = document.Length;
            await document.CopyToAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
        }
    }
}
