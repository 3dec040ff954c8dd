using System.Net.Sockets;
using System.Text;
using WorkerManagement.Posix;

namespace WorkerManagement.Health;

/// <summary>One worker's end of the sd_notify protocol: a datagram socket whose path it gets as NOTIFY_SOCKET. <c>sd_notify(3)</c>.</summary>
internal sealed class NotifySocket : IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _reading;

    /// <param name="path">Where to listen; an old socket there is replaced.</param>
    /// <param name="received">Each assignment, such as READY and 1; called from any thread.</param>
    /// <exception cref="IOException">The directory has gone.</exception>
    public NotifySocket(string path, Action<string, string> received)
    {
        Path = path;
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException gone)
        {
            // Not made anew: what keeps a second manager away went with it.
            _socket.Dispose();
            throw new DirectoryNotFoundException($"the directory '{System.IO.Path.GetDirectoryName(path)}' of its manager was removed, without which it cannot tell that it is ready; stop the manager and start it again", gone);
        }

        _socket.Bind(new UnixDomainSocketEndPoint(path));
        _reading = ReadAsync(received);
    }

    public string Path { get; }

    /// <summary>Whether the worker has said something that was not read yet.</summary>
    public bool HasUnread => _socket.Available > 0;

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        // Where it cannot, the next manager does.
        _ = Descriptors.TryUnlink(Path);
        await _reading.ConfigureAwait(false);
        _ended.Dispose();
    }

    private async Task ReadAsync(Action<string, string> received)
    {
        var buffer = new byte[4096];
        while (!_ended.IsCancellationRequested)
        {
            int count;
            try
            {
                count = await _socket.ReceiveAsync(buffer, _ended.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }

            foreach (var line in Encoding.UTF8.GetString(buffer, 0, count).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var equals = line.IndexOf('=', StringComparison.Ordinal);
                if (equals > 0)
                {
                    received(line[..equals], line[(equals + 1)..]);
                }
            }
        }
    }
}
