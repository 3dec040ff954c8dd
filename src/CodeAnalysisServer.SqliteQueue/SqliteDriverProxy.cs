using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>A client of the queue: sends transactions, many at a time, and gets each its own answer. Thread-safe.</summary>
public sealed class SqliteDriverProxy : IAsyncDisposable
{
    private readonly NetworkStream _stream;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<QueueResult>> _waiting = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Task _receiving;
    private long _next;

    private SqliteDriverProxy(NetworkStream stream)
    {
        _stream = stream;
        _receiving = ReceiveAsync();
    }

    /// <summary>Completes when the queue has gone.</summary>
    public Task Closed => _receiving;

    /// <summary>Connects to the queue of a data directory, which must be the working directory (a deep path is too long for a socket).</summary>
    public static async Task<SqliteDriverProxy> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SqliteQueueWorker.SocketName), cancellationToken).ConfigureAwait(false);
            return new(new(socket, ownsSocket: true));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Executes statements as one transaction: all or none. Completes once it is committed.</summary>
    /// <exception cref="InvalidOperationException">The database refuses; nothing was done.</exception>
    /// <exception cref="IOException">The queue has gone; it is not known whether it was done.</exception>
    public async Task<QueueResult> ExecuteAsync(IReadOnlyList<Statement> statements, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _next);
        var answer = new TaskCompletionSource<QueueResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = answer;
        if (_receiving.IsCompleted)
        {
            throw new IOException("the SQLite queue has closed the connection");
        }

        var request = new QueueRequest(id, [.. statements.Select(statement => new QueueStatement(statement.Sql, [.. statement.Arguments.Select(ToValue)]))]);
        var json = JsonSerializer.SerializeToUtf8Bytes(request, QueueJson.Default.QueueRequest);
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await QueueFrames.WriteAsync(_stream, json, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }

        return await answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        _sending.Dispose();
    }

    private static QueueValue ToValue(object? value) => value switch
    {
        null => new(),
        string text => new(Text: text),
        long number => new(Number: number),
        int number => new(Number: number),
        double real => new(Real: real),
        byte[] blob => new(Blob: blob),
        _ => throw new ArgumentException($"a value of type {value.GetType()} cannot be stored; use text, a whole number, a real, bytes or null"),
    };

    private async Task ReceiveAsync()
    {
        try
        {
            while (await QueueFrames.ReadAsync(_stream, CancellationToken.None).ConfigureAwait(false) is { } frame)
            {
                var reply = JsonSerializer.Deserialize(frame, QueueJson.Default.QueueReply)!;
                if (_waiting.TryRemove(reply.Id, out var waiting))
                {
                    _ = reply.Error is null
                        ? waiting.TrySetResult(new(reply.Changed!, reply.LastRowIds!))
                        : waiting.TrySetException(new InvalidOperationException(reply.Error));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidDataException)
        {
            // The connection is over; whoever waits is told below.
        }

        foreach (var waiting in _waiting.Values)
        {
            waiting.TrySetException(new IOException("the SQLite queue has closed the connection"));
        }
    }
}
