using Microsoft.Extensions.Hosting;
using WorkerManagement.Posix;

namespace CodeAnalysisServer.Serving;

/// <summary>
/// The server's Unix socket, in the manager's directory, which is private to its owner. The server's working directory is the data
/// directory: through <c>/proc/self/cwd</c> the path fits into a socket's address however deep that is. The file is touched only
/// while this server owns the directory: it comes after the manager in the order of starts, and before it in that of stops.
/// </summary>
internal sealed class ServerSocket(string dataDirectory) : IHostedService
{
    /// <summary>Where a server says who it is.</summary>
    public const string IdentityPath = "/server";

    // As the manager's command names it: it finds this server too.
    private const string Name = "workers/api.sock";

    // sockaddr_un holds 108 bytes with the closing zero.
    private const int Longest = 107;

    /// <summary>As an address to listen on, for a process whose working directory is the data directory.</summary>
    public const string Url = $"http://unix:/proc/self/cwd/{Name}";

    /// <summary>The path to connect to. When it is too long for a socket the working directory becomes the data directory, if there is one.</summary>
    public static string PathFrom(string dataDirectory)
    {
        var full = Path.Combine(dataDirectory, Name);
        if (System.Text.Encoding.UTF8.GetByteCount(full) <= Longest || !Directory.Exists(dataDirectory))
        {
            return full;
        }

        Directory.SetCurrentDirectory(dataDirectory);
        return Name;
    }

    public Task StartAsync(CancellationToken cancellationToken) => RemoveAsync();

    public Task StopAsync(CancellationToken cancellationToken) => RemoveAsync();

    private Task RemoveAsync()
    {
        _ = Descriptors.TryUnlink(Path.Combine(dataDirectory, Name));
        return Task.CompletedTask;
    }
}
