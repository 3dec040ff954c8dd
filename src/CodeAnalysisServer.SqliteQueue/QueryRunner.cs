using System.Collections.Concurrent;
using System.Data.Common;
using CodeAnalysisServer.SqliteQueue.Sessions;
using CodeAnalysisServer.SqliteQueue.Wire;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>
/// Reads for clients that have no connection of their own: each query has a read-only connection for itself and streams its rows as its
/// client takes them. The writer never waits for it.
/// </summary>
internal sealed class QueryRunner(Engine engine) : IDisposable
{
    private const int AtOnce = 4;

    // A read that stays open keeps the log from being cut.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _room = new(AtOnce);
    private readonly ConcurrentBag<Session> _idle = [];

    /// <summary>Begins it; the answer tells how it went.</summary>
    public void Take(PendingRequest request)
    {
        request.Within(Longest);
        _ = RunAsync(request);
    }

    public void Dispose()
    {
        foreach (var session in _idle)
        {
            session.Dispose();
        }

        _room.Dispose();
    }

    // Never faults: whatever happens is the request's answer.
    private async Task RunAsync(PendingRequest request)
    {
        try
        {
            await _room.WaitAsync(request.Withdrawn.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return; // Withdrawn while it waited, and answered.
        }

        try
        {
            var session = _idle.TryTake(out var idle) ? idle : engine.OpenReader();
            var whole = false;
            try
            {
                if (request.TryBegin(session))
                {
                    await Task.Run(() => ReadAsync(session, request)).ConfigureAwait(false);
                }

                whole = true;
            }
            finally
            {
                if (whole)
                {
                    _idle.Add(session);
                }
                else
                {
                    // A withdrawal interrupts what it still runs in.
                    request.End();
                    session.Dispose();
                }
            }
        }
        catch (Exception exception) when (exception is DbException or InvalidOperationException or ArgumentException or OperationCanceledException)
        {
            if (request.End())
            {
                request.Refuse(exception.Message);
            }
            else
            {
                request.AnswerWithdrawn();
            }
        }
        finally
        {
            _room.Release();
        }
    }

    private static async Task ReadAsync(Session session, PendingRequest request)
    {
        using var source = Begin(session, request);
        var columns = new Packer(FrameKind.Columns, request.Id);
        source.PackColumns(columns);
        request.Part(columns.Finish());
        while (true)
        {
            await request.Credit.WaitAsync(request.Withdrawn.Token).ConfigureAwait(false);
            var rows = Rows.Fill(source, request, out var more);
            if (rows is { } frame)
            {
                request.Part(frame);
            }

            if (!more)
            {
                break;
            }
        }

        if (request.End())
        {
            request.Answer(new Packer(FrameKind.Done, request.Id).Count(0).Finish());
        }
        else
        {
            request.AnswerWithdrawn();
        }
    }

    private static RowSource Begin(Session session, PendingRequest request)
    {
        var reader = new Unpacker(request.Body.Span);
        reader.Time();
        return session.Read(reader.Text(), ref reader);
    }
}
