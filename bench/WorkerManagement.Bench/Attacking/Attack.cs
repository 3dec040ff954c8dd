using System.Net;
using System.Net.Sockets;

namespace WorkerManagement.Bench.Attacking;

/// <summary>What somebody does to the API or to the machine while workers are supervised. It goes on until it is disposed.</summary>
internal abstract class Attack : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly List<Task> _doing = [];
    private long _times;

    /// <summary>How often it was done, or how many of it there are.</summary>
    internal long Times => Interlocked.Read(ref _times);

    protected CancellationToken Over => _over.Token;

    public virtual async ValueTask DisposeAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_doing).ConfigureAwait(false);
        _over.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>So many at once. That the other side hangs up is what is expected of it.</summary>
    protected void Do(int atOnce, Func<Task> attack)
    {
        for (var i = 0; i < atOnce; i++)
        {
            _doing.Add(Task.Run(async () =>
            {
                try
                {
                    await attack().ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (_over.IsCancellationRequested)
                {
                    // Over.
                }
                catch (Exception exception) when (exception is SocketException or IOException)
                {
                    // It was hung up on.
                }
            }));
        }
    }

    /// <summary>Again and again until it is over.</summary>
    protected void Repeat(int atOnce, Func<Task> attack) => Do(atOnce, async () =>
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                await attack().ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is SocketException or IOException)
            {
                // It was hung up on: the next.
            }

            Done();
        }
    });

    protected void Done() => Interlocked.Increment(ref _times);

    protected async Task<Socket> TcpAsync(RunningCommand command)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, command.Port), Over).ConfigureAwait(false);
        return socket;
    }
}
