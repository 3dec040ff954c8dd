using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace WorkerManagement.Api;

// A Unix socket lies in a directory that is its owner's alone. TCP is reached by every user of the machine and, through a browser, by
// every web page: so a request needs the token, a Host that is an address (a page's own name, rebound to this machine, is a name),
// and no foreign Origin. No CORS header is ever sent. The dashboard's page, script and style hold no secret and need no token.

/// <summary>Who may come over TCP.</summary>
public static class TcpAccess
{
    private const string Scheme = "Bearer ";

    /// <summary>
    /// Lets through what comes over a Unix socket; over TCP only requests with <c>Authorization: Bearer TOKEN</c>, addressed to an IP address or localhost, and
    /// of no other origin. To be used before the routes.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <param name="tokenFile">Holds the token; made with mode 0600 when it is not there.</param>
    /// <exception cref="WorkerManagementException">Others may read the file.</exception>
    public static IApplicationBuilder UseWorkerManagerToken(this IApplicationBuilder app, string tokenFile)
    {
        var token = ApiToken.ReadOrMake(tokenFile);
        return app.Use(async (HttpContext context, RequestDelegate next) =>
        {
            if (context.Connection.RemoteIpAddress is null)
            {
                await next(context).ConfigureAwait(false);
            }
            else if (!IsAddress(context.Request.Host.Host))
            {
                await Problems.WriteAsync(context, StatusCodes.Status421MisdirectedRequest, $"'{context.Request.Host}' is not this server; ask for it by its address, such as 127.0.0.1, or as localhost").ConfigureAwait(false);
            }
            else if (context.Request.Headers.Origin.ToString() is { Length: > 0 } origin && origin != $"{context.Request.Scheme}://{context.Request.Host}")
            {
                await Problems.WriteAsync(context, StatusCodes.Status403Forbidden, $"a page of '{origin}' may not ask here; open the dashboard by this server's own address").ConfigureAwait(false);
            }
            else if (context.GetEndpoint()?.Metadata.GetMetadata<Dashboard.Asset>() is null && !Shows(context, token))
            {
                context.Response.Headers.WWWAuthenticate = "Bearer";
                await Problems.WriteAsync(context, StatusCodes.Status401Unauthorized, $"the token is missing or wrong; send 'Authorization: Bearer TOKEN' with what '{tokenFile}' holds").ConfigureAwait(false);
            }
            else
            {
                await next(context).ConfigureAwait(false);
            }
        });
    }

    private static bool Shows(HttpContext context, ApiToken token)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && token.Is(authorization[Scheme.Length..].Trim());
    }

    private static bool IsAddress(string host) => string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host.Trim('[', ']'), out _);
}
