using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using WorkerManagement.Api;

namespace WorkerManagement.Cli;

/// <summary>What listens beside the Unix socket: nothing, unless <c>--listen</c> or Kestrel's own configuration (which brings TLS) says so. Always behind the token.</summary>
internal static class TcpListening
{
    private const string TokenName = "api.token";

    // One client cannot take the descriptors that workers are started with.
    private const int MostConnections = 512;

    // Only what is applied is larger, and says so itself.
    private const int MostBodyBytes = 64 * 1024;

    /// <summary>The address to listen on; null for none.</summary>
    /// <exception cref="WorkerManagementException">It is no address.</exception>
    public static IPEndPoint? Parse(string? listen)
    {
        if (listen is null)
        {
            return null;
        }

        var text = listen.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" + listen["localhost".Length..] : listen;
        return text.Contains(':', StringComparison.Ordinal) && IPEndPoint.TryParse(text, out var address)
            ? address
            : throw new WorkerManagementException($"'{listen}' is not an address to listen on; give one such as 127.0.0.1:8080");
    }

    public static void Configure(KestrelServerOptions kestrel, IPEndPoint? address)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.MaxRequestBodySize = MostBodyBytes;
        if (address is not null)
        {
            kestrel.Listen(address);
        }
    }

    /// <summary>Without an address there is nothing to guard, and no file is written.</summary>
    public static void Guard(WebApplication app, string stateDirectory, IPEndPoint? address)
    {
        if (address is not null || app.Configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
        {
            app.UseWorkerManagerToken(Path.Combine(stateDirectory, TokenName));
        }
    }

    /// <summary>Says where it listens, once it does.</summary>
    public static void Tell(WebApplication app, string stateDirectory, StandardErrorLines lines) => app.Lifetime.ApplicationStarted.Register(() =>
    {
        foreach (var url in app.Urls.Where(url => !url.StartsWith("http://unix:", StringComparison.Ordinal)))
        {
            lines.Tell($"dashboard and API: {url}/ (token: {Path.Combine(stateDirectory, TokenName)})");
            if (url.StartsWith("http:", StringComparison.Ordinal) && Uri.TryCreate(url, UriKind.Absolute, out var parsed) && !parsed.IsLoopback)
            {
                lines.Tell("workers: the token travels unencrypted there; listen on 127.0.0.1 with a tunnel (ssh -L), or give Kestrel a certificate");
            }
        }
    });
}
