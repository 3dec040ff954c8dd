using System.Net.Sockets;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>Where the queue of a data directory is reached.</summary>
internal static class QueueAddress
{
    private const string Name = "queue.sock";

    // sockaddr_un holds 108 bytes with the closing zero.
    private const int Longest = 107;

    /// <summary>The full path, or the one from the working directory where that alone fits.</summary>
    /// <exception cref="InvalidOperationException">Neither fits.</exception>
    public static UnixDomainSocketEndPoint Of(string dataDirectory) => new(PathIn(dataDirectory));

    public static string PathIn(string dataDirectory)
    {
        var full = Path.Combine(Path.GetFullPath(dataDirectory), Name);
        var path = Fits(full) ? full : Path.GetRelativePath(Environment.CurrentDirectory, full);
        return Fits(path) ? path : throw new InvalidOperationException($"the path '{full}' is too long for a socket ({Longest} bytes); make '{dataDirectory}' the working directory, or choose a shorter one with --data");
    }

    private static bool Fits(string path) => System.Text.Encoding.UTF8.GetByteCount(path) <= Longest;
}
