using System.Buffers.Binary;
using System.Threading.Channels;
using CodeAnalysisServer.SqliteQueue.Sessions;
using CodeAnalysisServer.SqliteQueue.Wire;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>
/// A request and who waits for its answer, which it gets exactly once. It can be withdrawn until it was executed: while it waits it
/// is answered at once, while it runs its statement is interrupted, afterwards it is too late. Thread-safe.
/// </summary>
internal sealed class PendingRequest(Frame frame, QueueClient client) : IDisposable
{
    private const int RowFramesUnderWay = 4;

    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private Session? _running;
    private ITimer? _deadline, _again;
    private (RefusalKind Kind, string Why)? _withdrawn;
    private bool _executed;
    private bool _answered;

    public long Id => frame.Id;

    public FrameKind Kind => frame.Kind;

    /// <summary>Its body; inside an interactive transaction what follows the transaction's id.</summary>
    public ReadOnlyMemory<byte> Body => IsInside ? frame.Body[sizeof(long)..] : frame.Body;

    /// <summary>Whether it belongs into an interactive transaction.</summary>
    public bool IsInside => frame.Kind is FrameKind.Step or FrameKind.Look or FrameKind.Commit or FrameKind.RollBack;

    /// <summary>The interactive transaction that it belongs into.</summary>
    /// <exception cref="InvalidDataException">It names none.</exception>
    public long Transaction => frame.Body.Length >= sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(frame.Body.Span) : throw Unpacker.Nonsense("a step of no transaction");

    /// <summary>How many frames of rows its client takes just now.</summary>
    public SemaphoreSlim Credit { get; } = new(RowFramesUnderWay);

    /// <summary>What follows inside an interactive transaction.</summary>
    public Channel<PendingRequest> Steps { get; } = Channel.CreateUnbounded<PendingRequest>(new() { SingleReader = true });

    /// <summary>Cancelled when it is withdrawn.</summary>
    public CancellationTokenSource Withdrawn { get; } = new();

    /// <summary>Withdraws it after that time.</summary>
    public void Within(TimeSpan? deadline)
    {
        if (deadline is { } time)
        {
            _deadline = TimeProvider.System.CreateTimer(_ => Withdraw(RefusalKind.Late, $"its deadline of {time.TotalMilliseconds:0} ms passed; nothing was done"), null, time, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Begins to execute in that session; false when it was withdrawn, and is answered.</summary>
    public bool TryBegin(Session on)
    {
        lock (_gate)
        {
            if (_withdrawn is null)
            {
                (_running, _executed) = (on, false);
                return true;
            }
        }

        AnswerWithdrawn();
        return false;
    }

    /// <summary>Ends the execution: no interrupt can hit what comes next on the connection. False when it was withdrawn meanwhile: it must be undone.</summary>
    public bool End()
    {
        lock (_gate)
        {
            _running = null;
            _executed = _withdrawn is null;
            return _executed;
        }
    }

    /// <summary>Whether to give up in the middle.</summary>
    public bool IsWithdrawn
    {
        get
        {
            lock (_gate)
            {
                return _withdrawn is not null;
            }
        }
    }

    /// <summary>Withdraws it if there is still time.</summary>
    public void Withdraw(RefusalKind kind, string why)
    {
        bool running;
        lock (_gate)
        {
            if (_executed || _answered || _withdrawn is not null)
            {
                return;
            }

            _withdrawn = (kind, why);
            running = _running is not null;
            if (running)
            {
                // Under the lock: it can only hit this request's own statement.
                _running!.Interrupt();
                // It may have hit the moment before the statement began, and nothing.
                _again ??= TimeProvider.System.CreateTimer(_ => InterruptAgain(), null, Again, Again);
            }
        }

        Withdrawn.Cancel();
        if (!running)
        {
            AnswerWithdrawn();
        }
    }

    /// <summary>A frame of rows was used up; one more may come.</summary>
    public void GiveCredit()
    {
        if (Credit.CurrentCount < RowFramesUnderWay)
        {
            Credit.Release();
        }
    }

    /// <summary>Says why it was not done.</summary>
    public void AnswerWithdrawn() => Answer(Packer.Refusal(Id, _withdrawn!.Value.Kind, _withdrawn.Value.Why));

    /// <summary>Refuses it.</summary>
    public void Refuse(string why) => Answer(Packer.Refusal(Id, RefusalKind.Refused, why));

    /// <summary>The one answer.</summary>
    public void Answer(ReadOnlyMemory<byte> answer)
    {
        lock (_gate)
        {
            if (_answered)
            {
                return;
            }

            _answered = true;
        }

        client.Answer(this, answer);
    }

    /// <summary>A part of the answer, before it.</summary>
    public void Part(ReadOnlyMemory<byte> part) => client.Send(part);

    // What else it has holds nothing outside of the memory, and a withdrawal may still be at it.
    public void Dispose()
    {
        _deadline?.Dispose();
        lock (_gate)
        {
            _again?.Dispose();
        }
    }

    private void InterruptAgain()
    {
        lock (_gate)
        {
            _running?.Interrupt();
        }
    }
}
