using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using CodeAnalysisServer.SqliteQueue.Wire;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>
/// Interactive transactions: their caller reads what it wrote before it decides. Nobody else writes meanwhile, so a caller that is
/// silent for too long loses its transaction, and one whose connection ends does too.
/// </summary>
internal sealed partial class QueueWriter
{
    // A read inside of a transaction is answered whole.
    private const int MostRowBytes = 1024 * 1024;

    // How long a caller may think, and how long everybody may wait for it.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(5), LongestTransaction = TimeSpan.FromMinutes(1);

    private async Task ConverseAsync(PendingRequest transaction)
    {
        if (!transaction.TryBegin(_session))
        {
            return;
        }

        transaction.End();
        try
        {
            _session.Begin();
        }
        catch (DbException exception) when (!_session.IsFatal(exception))
        {
            Fail(transaction, exception);
            return;
        }

        transaction.Part(Packer.Plain(FrameKind.Begun, transaction.Id));
        using var over = new CancellationTokenSource(LongestTransaction);
        try
        {
            while (_session.InTransaction && await NextAsync(transaction, over.Token).ConfigureAwait(false) is { } step)
            {
                Follow(step);
            }
        }
        finally
        {
            _session.RollBack();
            transaction.Steps.Writer.TryComplete();
            while (transaction.Steps.Reader.TryRead(out var late))
            {
                late.Refuse("this transaction has ended; nothing was done");
            }

            transaction.Answer(new Packer(FrameKind.Done, transaction.Id).Count(0).Finish());
        }
    }

    private static async Task<PendingRequest?> NextAsync(PendingRequest transaction, CancellationToken over)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(over);
        patience.CancelAfter(LongestSilence);
        try
        {
            return await transaction.Steps.Reader.WaitToReadAsync(patience.Token).ConfigureAwait(false) && transaction.Steps.Reader.TryRead(out var step) ? step : null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    [SuppressMessage("Style", "IDE0010", Justification = "a client's kinds only; others were refused when they came")]
    private void Follow(PendingRequest step)
    {
        switch (step.Kind)
        {
            case FrameKind.Commit:
                try
                {
                    _session.Commit();
                }
                catch (DbException exception)
                {
                    _session.RollBack();
                    Fail(step, exception);
                    if (_session.IsFatal(exception))
                    {
                        throw;
                    }

                    return;
                }

                step.Answer(new Packer(FrameKind.Done, step.Id).Count(0).Finish());
                _committed();
                return;
            case FrameKind.RollBack:
                _session.RollBack();
                step.Answer(new Packer(FrameKind.Done, step.Id).Count(0).Finish());
                return;
            default:
                Take(step);
                return;
        }
    }

    // A step that fails is undone alone; the transaction goes on unless the database gave it up.
    private void Take(PendingRequest step)
    {
        if (!step.TryBegin(_session))
        {
            return;
        }

        try
        {
            if (step.Kind == FrameKind.Look)
            {
                Look(step);
            }
            else if (Execute(step, amongOthers: true, out _) is { } answer)
            {
                step.Answer(answer);
            }
        }
        catch (Exception exception) when (exception is DbException or InvalidOperationException or ArgumentException)
        {
            step.End();
            step.Refuse(_session.InTransaction ? _session.Told(exception) : $"{_session.Told(exception)}; the whole transaction is rolled back");
            if (_session.IsFatal(exception))
            {
                throw;
            }
        }
    }

    private void Look(PendingRequest step)
    {
        var reader = new Unpacker(step.Body.Span);
        reader.Time();
        using var rows = _session.Read(reader.Text(), ref reader);
        var columns = new Packer(FrameKind.Columns, step.Id);
        rows.PackColumns(columns);
        step.Part(columns.Finish());
        var sent = 0;
        while (Rows.Fill(rows, step, out var more) is { } frame && (sent += frame.Length) <= MostRowBytes)
        {
            step.Part(frame);
            if (!more)
            {
                break;
            }
        }

        step.End();
        step.Answer(sent > MostRowBytes
            ? Packer.Refusal(step.Id, RefusalKind.Refused, $"more than {MostRowBytes} bytes of rows; everybody waits for this transaction, read them with a LIMIT or outside of it")
            : new Packer(FrameKind.Done, step.Id).Count(0).Finish());
    }
}
