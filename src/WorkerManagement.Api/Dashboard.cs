using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace WorkerManagement.Api;

// The page is a client of the API like any other: it knows nothing that the API does not tell. Its files are inside this assembly;
// nothing comes from elsewhere, and the policy that is sent with it lets a browser load and run nothing else. What workers write
// and are called becomes text, never markup.

/// <summary>The dashboard: a page, its scripts and its style.</summary>
internal static class Dashboard
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

    private const string BasePlace = "<base href=\"/\">";

    // Changes with every build of this assembly.
    private static readonly string Tag = $"\"{typeof(Dashboard).Assembly.ManifestModule.ModuleVersionId:N}\"";

    /// <summary>Marks a route that holds no secret.</summary>
    internal sealed record Asset(string Name, string ContentType);

    public static void Map(RouteGroupBuilder group, string prefix)
    {
        // At the root last of all: an application that has a page of its own there keeps it.
        group.MapMethods("/", ["GET", "HEAD"], PageAsync).WithMetadata(new Asset("index.html", "text/html")).WithOrder(prefix.Length == 0 ? int.MaxValue : 0);
        foreach (var name in typeof(Dashboard).Assembly.GetManifestResourceNames().Where(name => name.StartsWith("dashboard/", StringComparison.Ordinal) && !name.EndsWith(".html", StringComparison.Ordinal)))
        {
            var asset = new Asset(name, Path.GetExtension(name) switch { ".css" => "text/css; charset=utf-8", ".svg" => "image/svg+xml", _ => "text/javascript; charset=utf-8" });
            group.MapMethods("/" + name, ["GET", "HEAD"], context => WriteAsync(context, asset.ContentType, Read(asset.Name))).WithMetadata(asset);
        }
    }

    // The page may be asked for with or without a slash at its end: where its files are is said in it.
    private static Task PageAsync(HttpContext context)
    {
        var place = $"{context.Request.PathBase}{context.Request.Path}".TrimEnd('/') + "/";
        var page = Encoding.UTF8.GetString(Read("dashboard/index.html")).Replace(BasePlace, $"<base href=\"{HtmlEncoder.Default.Encode(place)}\">", StringComparison.Ordinal);
        return WriteAsync(context, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(page));
    }

    private static Task WriteAsync(HttpContext context, string contentType, byte[] content)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = "no-cache";
        headers.ETag = Tag;
        if (context.Request.Headers.IfNoneMatch == Tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        context.Response.ContentType = contentType;
        context.Response.ContentLength = content.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(content, context.RequestAborted).AsTask();
    }

    private static byte[] Read(string resource)
    {
        using var stream = typeof(Dashboard).Assembly.GetManifestResourceStream(resource)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
