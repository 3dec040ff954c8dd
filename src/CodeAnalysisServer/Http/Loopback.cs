using System.Net;
using Microsoft.AspNetCore.Http;

namespace CodeAnalysisServer.Http;

/// <summary>
/// The API can stop workers and has no password: it is for this machine's own programs. So it listens on loopback alone, and what a
/// web page makes a browser send is refused: a foreign Host (a name rebound to 127.0.0.1) always, a foreign Origin unless only read.
/// </summary>
internal static class Loopback
{
    /// <summary>Null when every address may be listened on, else what is wrong.</summary>
    public static string? Refusal(string urls)
    {
        var addresses = urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return addresses.Length == 0 ? "--urls names no address; give one such as http://127.0.0.1:5005" : addresses.Select(RefusalOfOne).FirstOrDefault(refusal => refusal is not null);
    }

    /// <summary>Refuses what comes from elsewhere.</summary>
    public static async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        // A Unix socket has no address: it is in a directory that is this user's alone, and no web page reaches it.
        if (context.Connection.RemoteIpAddress is null)
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        if (!IsLoopback(context.Request.Host.Host))
        {
            await Problem.WriteAsync(context, "Host", StatusCodes.Status421MisdirectedRequest, $"'{context.Request.Host}' is not this server; ask for it as 127.0.0.1 or localhost").ConfigureAwait(false);
            return;
        }

        var reads = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        var origin = context.Request.Headers.Origin.ToString();
        if (!reads && origin.Length > 0 && origin != $"http://{context.Request.Host}")
        {
            await Problem.WriteAsync(context, "Origin", StatusCodes.Status403Forbidden, $"a page of '{origin}' may not change anything here").ConfigureAwait(false);
            return;
        }

        await next(context).ConfigureAwait(false);
    }

    private static string? RefusalOfOne(string address) =>
        !Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttp || url.PathAndQuery != "/"
            ? $"'{address}' is not an address to listen on; give one such as http://127.0.0.1:5005"
        : !IsLoopback(url.Host)
            ? $"'{address}' is reached from other machines, and the API, which can stop workers, has no password; use http://127.0.0.1:{url.Port}, and a tunnel (ssh -L) from elsewhere"
        : url is { Host: "localhost", Port: 0 }
            ? "a free port is found for an IP address only; use http://127.0.0.1:0"
        : null;

    private static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
