using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Channels;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>A client of the queue: sends transactions, many at a time, and gets each its own answer. Thread-safe.</summary>
public sealed class SqliteDriverProxy : IAsyncDisposable
{
    private readonly NetworkStream _stream;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<QueueResult>> _waiting = new();
    private readonly Channel<bool> _notes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Task _receiving;
    private long _next;

    private SqliteDriverProxy(NetworkStream stream)
    {
        _stream = stream;
        _receiving = ReceiveAsync();
    }

    /// <summary>Completes when the queue has gone. Never faults.</summary>
    public Task Closed => _receiving;

    /// <summary>Connects to the queue of a data directory.</summary>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static async Task<SqliteDriverProxy> ConnectAsync(string dataDirectory, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(QueueAddress.Of(dataDirectory), cancellationToken).ConfigureAwait(false);
            return new(new(socket, ownsSocket: true));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Executes statements as one transaction: all or none. Completes once it is committed.</summary>
    /// <exception cref="ArgumentException">The transaction is too large, or has a value that cannot be stored; nothing was sent.</exception>
    /// <exception cref="QueueRefusedException">The database refuses; nothing was done.</exception>
    /// <exception cref="IOException">The queue has gone; it is not known whether it was done.</exception>
    public Task<QueueResult> ExecuteAsync(IReadOnlyList<Statement> statements, CancellationToken cancellationToken) =>
        SendAsync([.. statements.Select(statement => new QueueStatement(statement.Sql, [.. statement.Arguments.Select(ToValue)]))], cancellationToken);

    /// <summary>From its completion on, no commit goes unnoticed by <see cref="CommittedAsync"/>.</summary>
    public Task SubscribeAsync(CancellationToken cancellationToken) => SendAsync(null, cancellationToken);

    /// <summary>Waits until something was committed since the last call. For one caller at a time.</summary>
    /// <exception cref="IOException">The queue has gone.</exception>
    public async Task CommittedAsync(CancellationToken cancellationToken)
    {
        if (!await _notes.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            throw Gone();
        }

        _notes.Reader.TryRead(out _);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        _sending.Dispose();
    }

    private static IOException Gone() => new("the SQLite queue has closed the connection");

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

    private async Task<QueueResult> SendAsync(IReadOnlyList<QueueStatement>? statements, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _next);
        var json = JsonSerializer.SerializeToUtf8Bytes(new(id, statements), QueueJson.Plain.QueueRequest);
        if (json.Length > QueueFrames.Maximum)
        {
            throw new ArgumentException($"the transaction takes {json.Length} bytes; {QueueFrames.Maximum} is the most, split it");
        }

        var answer = new TaskCompletionSource<QueueResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = answer;
        try
        {
            if (_receiving.IsCompleted)
            {
                throw Gone();
            }

            await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                // Half a frame would spoil the connection for everybody: what was begun is sent to its end.
                await QueueFrames.WriteAsync(_stream, json, CancellationToken.None).ConfigureAwait(false);
            }
            finally
            {
                _sending.Release();
            }

            return await answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            while (await QueueFrames.ReadAsync(_stream, CancellationToken.None).ConfigureAwait(false) is { } frame)
            {
                var reply = JsonSerializer.Deserialize(frame, QueueJson.Plain.QueueReply)!;
                if (reply.Id == QueueReply.Committed.Id)
                {
                    _notes.Writer.TryWrite(true);
                }
                else if (_waiting.TryGetValue(reply.Id, out var waiting))
                {
                    _ = reply.Error is null
                        ? waiting.TrySetResult(new(reply.Changed ?? [], reply.LastRowIds ?? []))
                        : waiting.TrySetException(new QueueRefusedException(reply.Error));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidDataException or JsonException)
        {
            // The connection is over; whoever waits is told below.
        }

        _notes.Writer.Complete();
        foreach (var waiting in _waiting.Values)
        {
            waiting.TrySetException(Gone());
        }
    }
}

/// <summary>The database refuses a transaction; nothing of it was done.</summary>
public sealed class QueueRefusedException(string message) : InvalidOperationException(message);
