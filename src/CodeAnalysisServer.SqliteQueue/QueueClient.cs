using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Channels;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>A request and who waits for its answer.</summary>
internal sealed record PendingRequest(long Id, IReadOnlyList<QueueStatement> Statements, QueueClient Client);

/// <summary>
/// One connection on the queue's side. Answers wait in a queue of the client's own, and no more requests are read than may wait
/// for their answer: a client that does not read stalls itself alone, never the writer.
/// </summary>
internal sealed class QueueClient(Socket socket, Action<string> told) : IDisposable
{
    private const int MostUnanswered = 64;

    // At the stop: how long a client may take to read what it asked for.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly NetworkStream _stream = new(socket, ownsSocket: true);
    private readonly Channel<QueueReply> _replies = Channel.CreateUnbounded<QueueReply>(new() { SingleReader = true });
    private readonly SemaphoreSlim _room = new(MostUnanswered);
    private volatile bool _subscribed;
    private int _noteUnderWay;

    /// <summary>Serves until the client leaves or the queue stops; what was taken is answered.</summary>
    public async Task RunAsync(ChannelWriter<PendingRequest> requests, CancellationToken stopping)
    {
        var sending = SendAsync();
        try
        {
            await ReceiveAsync(requests, stopping).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or InvalidDataException or JsonException)
        {
            if (exception is InvalidDataException or JsonException)
            {
                told($"a client's request makes no sense, its connection is closed: {exception.Message}");
            }
        }

        var answered = AllAnsweredAsync();
        await Task.WhenAny(answered, Task.Delay(Farewell, CancellationToken.None)).ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        await answered.ConfigureAwait(false);
        _replies.Writer.Complete();
        await sending.ConfigureAwait(false);
    }

    public void Dispose()
    {
        _stream.Dispose();
        _room.Dispose();
    }

    /// <summary>Puts an answer into the client's queue. Never waits.</summary>
    public void Answer(QueueReply reply) => _replies.Writer.TryWrite(reply);

    /// <summary>Tells a subscriber that something was committed; at most one such note is under way.</summary>
    public void Note()
    {
        if (_subscribed && Interlocked.Exchange(ref _noteUnderWay, 1) == 0)
        {
            Answer(QueueReply.Committed);
        }
    }

    private async Task ReceiveAsync(ChannelWriter<PendingRequest> requests, CancellationToken stopping)
    {
        while (true)
        {
            await _room.WaitAsync(stopping).ConfigureAwait(false);
            var taken = false;
            try
            {
                if (await QueueFrames.ReadAsync(_stream, stopping).ConfigureAwait(false) is not { } frame)
                {
                    return;
                }

                var request = JsonSerializer.Deserialize(frame, QueueJson.Plain.QueueRequest);
                if (request is null or { Id: < 1 } || request.Statements?.Any(statement => statement is null or { Sql: null } or { Arguments: null } || statement.Arguments.Contains(null!)) == true)
                {
                    throw new InvalidDataException("a request has an id above 0, and statements with their arguments");
                }

                taken = true;
                if (request.Statements is null)
                {
                    _subscribed = true;
                    Answer(new(request.Id));
                }
                else
                {
                    await TakeAsync(requests, new(request.Id, request.Statements, this)).ConfigureAwait(false);
                }
            }
            finally
            {
                if (!taken)
                {
                    _room.Release();
                }
            }
        }
    }

    private async Task TakeAsync(ChannelWriter<PendingRequest> requests, PendingRequest request)
    {
        try
        {
            await requests.WriteAsync(request, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            Answer(new(request.Id, "the queue does not write any more; nothing was done"));
        }
    }

    // Sends on after the client has gone, into the void: each answer gives its room back.
    private async Task SendAsync()
    {
        var there = true;
        await foreach (var reply in _replies.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            var note = reply.Id == QueueReply.Committed.Id;
            if (note)
            {
                // Before the sending: a commit from now on needs another note.
                Volatile.Write(ref _noteUnderWay, 0);
            }

            try
            {
                if (there)
                {
                    await QueueFrames.WriteAsync(_stream, JsonSerializer.SerializeToUtf8Bytes(reply, QueueJson.Plain.QueueReply), CancellationToken.None).ConfigureAwait(false);
                }
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // The client has gone; its transaction is committed all the same.
                there = false;
            }

            if (!note)
            {
                _room.Release();
            }
        }
    }

    private async Task AllAnsweredAsync()
    {
        for (var i = 0; i < MostUnanswered; i++)
        {
            await _room.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }
}
