using System.Buffers;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Threading.Channels;
using CodeAnalysisServer.SqliteQueue.Wire;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>
/// One connection on the queue's side. Answers wait in a queue of the client's own, and no more requests are read than may wait
/// for their answer: a client that does not read stalls itself alone, never the writer.
/// </summary>
internal sealed class QueueClient(Socket socket, RequestRouter router, Action<string> told) : IDisposable
{
    /// <summary>Most requests of one client that wait for their answer; the proxy holds back the others on its side.</summary>
    public const int MostUnanswered = 64;

    private const int OneWrite = 64 * 1024;

    // At the stop: how long a client may take to read what it asked for.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly NetworkStream _stream = new(socket, ownsSocket: true);
    private readonly Channel<(ReadOnlyMemory<byte> Frame, bool Final)> _answers = Channel.CreateUnbounded<(ReadOnlyMemory<byte>, bool)>(new() { SingleReader = true });
    private readonly ConcurrentDictionary<long, PendingRequest> _open = new();
    private readonly SemaphoreSlim _room = new(MostUnanswered);
    private volatile bool _subscribed;
    private int _noteUnderWay;

    /// <summary>Serves until the client leaves or the queue stops; what was taken is answered.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var sending = SendAsync();
        try
        {
            // Written at once, so that a client of another version hears it even if it is turned away.
            await _stream.WriteAsync(Frames.Hello, stopping).ConfigureAwait(false);
            await Frames.HearHelloAsync(_stream, stopping).ConfigureAwait(false);
            await ReceiveAsync(stopping).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or InvalidDataException)
        {
            if (exception is InvalidDataException)
            {
                told($"a client's request makes no sense, its connection is closed: {exception.Message}");
            }
        }

        Leave(stopping.IsCancellationRequested);
        var answered = AllAnsweredAsync();
        await Task.WhenAny(answered, Task.Delay(Farewell, CancellationToken.None)).ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        // Nobody reads what a query or a job still answers.
        foreach (var request in _open.Values.Where(request => request.Kind is FrameKind.Query or FrameKind.Job))
        {
            request.Withdraw(RefusalKind.Withdrawn, "its client has gone");
        }

        await answered.ConfigureAwait(false);
        _answers.Writer.Complete();
        await sending.ConfigureAwait(false);
    }

    public void Dispose()
    {
        _stream.Dispose();
        _room.Dispose();
    }

    /// <summary>Puts the final answer of a request into the client's queue. Never waits.</summary>
    public void Answer(PendingRequest request, ReadOnlyMemory<byte> frame)
    {
        _open.TryRemove(request.Id, out _);
        request.Dispose();
        _answers.Writer.TryWrite((frame, true));
    }

    /// <summary>Puts a frame that is no final answer into the client's queue. Never waits.</summary>
    public void Send(ReadOnlyMemory<byte> frame) => _answers.Writer.TryWrite((frame, false));

    /// <summary>Tells a subscriber that something was committed; at most one such note is under way.</summary>
    public void Note()
    {
        if (_subscribed && Interlocked.Exchange(ref _noteUnderWay, 1) == 0)
        {
            Send(Packer.Plain(FrameKind.Committed, 0));
        }
    }

    private async Task ReceiveAsync(CancellationToken stopping)
    {
        var frames = new FrameReader(_stream);
        while (await frames.ReadAsync(stopping).ConfigureAwait(false) is { } frame)
        {
            if (frame.Kind is FrameKind.Cancel or FrameKind.Credit)
            {
                Tell(frame);
                continue;
            }

            await _room.WaitAsync(stopping).ConfigureAwait(false);
            var request = new PendingRequest(frame, this);
            if (!_open.TryAdd(frame.Id, request))
            {
                request.Dispose();
                _room.Release();
                throw new InvalidDataException($"two requests with the id {frame.Id} at once");
            }

            try
            {
                await TakeAsync(request).ConfigureAwait(false);
            }
            catch (InvalidDataException exception)
            {
                request.Refuse(exception.Message);
                throw;
            }
        }
    }

    private async Task TakeAsync(PendingRequest request)
    {
        switch (request.Kind)
        {
            case FrameKind.Subscribe:
                _subscribed = true;
                request.Answer(Packer.Plain(FrameKind.Done, request.Id));
                break;
            case FrameKind.Step or FrameKind.Look or FrameKind.Commit or FrameKind.RollBack:
                RequestRouter.Check(request);
                if (!_open.TryGetValue(request.Transaction, out var open) || !open.Steps.Writer.TryWrite(request))
                {
                    request.Refuse("this transaction is not open any more: it was ended, or rolled back since its caller was silent for too long; nothing was done");
                }

                break;
            default:
                await router.TakeAsync(request).ConfigureAwait(false);
                break;
        }
    }

    private void Tell(Frame frame)
    {
        if (!_open.TryGetValue(frame.Id, out var request))
        {
            return; // Answered by now.
        }

        if (frame.Kind == FrameKind.Cancel)
        {
            request.Withdraw(RefusalKind.Withdrawn, "withdrawn by its caller; nothing was done");
        }
        else
        {
            request.GiveCredit();
        }
    }

    // What a client that left did not finish is given up; a client that is only asked to leave has what it sent done.
    private void Leave(bool stopping)
    {
        foreach (var request in _open.Values)
        {
            request.Steps.Writer.TryComplete();
            if (!stopping && request.Kind is FrameKind.Query or FrameKind.Job)
            {
                request.Withdraw(RefusalKind.Withdrawn, "its client has gone");
            }
        }
    }

    // Sends on after the client has gone, into the void: each answer gives its room back.
    private async Task SendAsync()
    {
        var there = true;
        var together = new ArrayBufferWriter<byte>(OneWrite);
        while (await _answers.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            var finals = 0;
            together.ResetWrittenCount();
            while (together.WrittenCount < OneWrite && _answers.Reader.TryRead(out var next))
            {
                finals += next.Final ? 1 : 0;
                if (!next.Final && next.Frame.Length == Packer.EmptyLength && next.Frame.Span[sizeof(int)] == (byte)FrameKind.Committed)
                {
                    // Before the sending: a commit from now on needs another note.
                    Volatile.Write(ref _noteUnderWay, 0);
                }

                together.Write(next.Frame.Span);
            }

            try
            {
                if (there)
                {
                    await _stream.WriteAsync(together.WrittenMemory, CancellationToken.None).ConfigureAwait(false);
                }
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // The client has gone; its transaction is committed all the same.
                there = false;
            }

            if (finals > 0)
            {
                _room.Release(finals);
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
