using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Threading.Channels;
using CodeAnalysisServer.SqliteQueue.Wire;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>One question and what comes back: parts, then the one answer.</summary>
internal sealed class Conversation(long id)
{
    public long Id { get; } = id;

    public Channel<Frame> Parts { get; } = Channel.CreateUnbounded<Frame>(new() { SingleReader = true });

    public TaskCompletionSource<Frame> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>The client's side of a connection: brings each answer to whoever asked. Thread-safe.</summary>
internal sealed class QueueConnection : IAsyncDisposable
{
    private readonly NetworkStream _stream;
    private readonly ConcurrentDictionary<long, Conversation> _waiting = new();
    private readonly Channel<bool> _notes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly SemaphoreSlim _sending = new(1);

    // The queue reads no more than that before it answers; whoever waits here can be withdrawn, and its withdrawal is read. Two are kept for a
    // transaction and its step.
    private readonly SemaphoreSlim _room = new(QueueClient.MostUnanswered - 2);
    private readonly Task _receiving;
    private long _next;

    public QueueConnection(NetworkStream stream)
    {
        _stream = stream;
        _receiving = ReceiveAsync();
    }

    /// <summary>Completes when the queue has gone. Never faults.</summary>
    public Task Closed => _receiving;

    /// <summary>One interactive transaction at a time on a connection: the others would only wait for it in the queue.</summary>
    public SemaphoreSlim Transaction { get; } = new(1);

    /// <summary>Asks and waits for the answer.</summary>
    public async Task<Frame> AskAsync(Func<long, ReadOnlyMemory<byte>> make, CancellationToken cancellationToken, bool inTransaction = false)
    {
        if (!inTransaction)
        {
            await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            var asked = await SayAsync(make).ConfigureAwait(false);
            try
            {
                return await AnswerAsync(asked, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _waiting.TryRemove(asked.Id, out _);
            }
        }
        finally
        {
            if (!inTransaction)
            {
                _room.Release();
            }
        }
    }

    /// <summary>Opens an interactive transaction; its conversation ends with it.</summary>
    public async Task<Conversation> OpenAsync(Func<long, ReadOnlyMemory<byte>> make, CancellationToken cancellationToken)
    {
        await Transaction.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var asked = await SayAsync(make).ConfigureAwait(false);
            var begun = asked.Parts.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            try
            {
                await begun.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                await WithdrawAsync(asked.Id).ConfigureAwait(false);
                if (await begun.ConfigureAwait(false))
                {
                    // Too late to withdraw: open, and given up.
                    await AskAsync(id => QueueTransaction.Inside(FrameKind.RollBack, id, asked.Id), CancellationToken.None, inTransaction: true).ConfigureAwait(false);
                }

                await asked.Answer.Task.ConfigureAwait(false);
                throw;
            }

            return await begun.ConfigureAwait(false) ? asked : throw Refusal(await asked.Answer.Task.ConfigureAwait(false), cancellationToken);
        }
        catch
        {
            Transaction.Release();
            throw;
        }
    }

    /// <summary>Asks for something that comes in parts. To be disposed of with <see cref="CloseAsync"/>.</summary>
    public async Task<Conversation> StreamAsync(Func<long, ReadOnlyMemory<byte>> make, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await SayAsync(make).ConfigureAwait(false);
        }
        catch
        {
            _room.Release();
            throw;
        }
    }

    /// <summary>Ends a stream, early if it is not over.</summary>
    public async Task CloseAsync(Conversation stream)
    {
        if (!stream.Answer.Task.IsCompleted)
        {
            await WithdrawAsync(stream.Id).ConfigureAwait(false);
            await ((Task)stream.Answer.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _waiting.TryRemove(stream.Id, out _);
        _room.Release();
    }

    /// <summary>Says something that has no answer. A queue that has gone does not hear it.</summary>
    public async Task TellAsync(FrameKind kind, long id)
    {
        try
        {
            await SendAsync(Packer.Plain(kind, id)).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Everybody who waits is told.
        }
    }

    public async Task CommittedAsync(CancellationToken cancellationToken)
    {
        if (!await _notes.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            throw Gone();
        }

        _notes.Reader.TryRead(out _);
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
    }

    /// <summary>Waits for the final answer, and withdraws the question when asked to. Throws what it says against it.</summary>
    public async Task<Frame> AnswerAsync(Conversation asked, CancellationToken cancellationToken)
    {
        Frame answer;
        try
        {
            answer = await asked.Answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await WithdrawAsync(asked.Id).ConfigureAwait(false);
            answer = await asked.Answer.Task.ConfigureAwait(false);
        }

        return answer.Kind == FrameKind.Refused ? throw Refusal(answer, cancellationToken) : answer;
    }

    public static IOException Gone() => new("the SQLite queue has closed the connection");

    private Task WithdrawAsync(long id) => TellAsync(FrameKind.Cancel, id);

    private static Exception Refusal(Frame answer, CancellationToken cancellationToken)
    {
        var reader = new Unpacker(answer.Body.Span);
        var kind = (RefusalKind)reader.Byte();
        var why = reader.Text();
        return kind switch
        {
            RefusalKind.Withdrawn => new OperationCanceledException(why, cancellationToken),
            RefusalKind.Late => new TimeoutException(why),
            _ => new QueueRefusedException(why),
        };
    }

    /// <summary>Ends a conversation here.</summary>
    public void Forget(Conversation asked) => _waiting.TryRemove(asked.Id, out _);

    /// <summary>Sends a question.</summary>
    public async Task<Conversation> SayAsync(Func<long, ReadOnlyMemory<byte>> make)
    {
        var asked = new Conversation(Interlocked.Increment(ref _next));
        var frame = make(asked.Id);
        _waiting[asked.Id] = asked;
        try
        {
            if (_receiving.IsCompleted)
            {
                throw Gone();
            }

            await SendAsync(frame).ConfigureAwait(false);
            return asked;
        }
        catch
        {
            _waiting.TryRemove(asked.Id, out _);
            throw;
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> frame)
    {
        await _sending.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            // Half a frame would spoil the connection for everybody: what was begun is sent to its end.
            await _stream.WriteAsync(frame, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            throw Gone();
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task ReceiveAsync()
    {
        var frames = new FrameReader(_stream);
        try
        {
            while (await frames.ReadAsync(CancellationToken.None).ConfigureAwait(false) is { } frame)
            {
                Bring(frame);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidDataException)
        {
            // The connection is over; whoever waits is told below.
        }

        _notes.Writer.Complete();
        foreach (var waiting in _waiting.Values)
        {
            waiting.Answer.TrySetException(Gone());
            waiting.Parts.Writer.TryComplete(Gone());
        }
    }

    private void Bring(Frame frame)
    {
        if (frame.Kind == FrameKind.Committed)
        {
            _notes.Writer.TryWrite(true);
        }
        else if (_waiting.TryGetValue(frame.Id, out var waiting))
        {
            if (frame.Kind is FrameKind.Done or FrameKind.Refused or FrameKind.JobAnswer)
            {
                waiting.Answer.TrySetResult(frame);
                waiting.Parts.Writer.TryComplete();
            }
            else
            {
                waiting.Parts.Writer.TryWrite(frame);
            }
        }
    }
}
