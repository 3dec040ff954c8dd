using System.Data.Common;
using System.Threading.Channels;
using CodeAnalysisServer.SqliteQueue.Sessions;
using CodeAnalysisServer.SqliteQueue.Wire;
using WorkerManagement.Posix;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>
/// The one writer. Each request is a transaction of its own (a savepoint) inside a group that is committed together; answers go
/// out after the commit, so that what was acknowledged is on disk. A group that fails as a whole is written again one by one: a
/// request answers for itself alone. What a failure of the disk leaves is unknown: then everybody is told and the writer ends,
/// and the process with it; the manager starts it anew.
/// </summary>
internal sealed partial class QueueWriter
{
    // Nobody waits for company: a group is what came while the one before was written. Bounded, so that a small request's answer does
    // not wait for too many large ones.
    private const int MaximumGroup = 256, MaximumGroupBytes = 4 * 1024 * 1024;

    // What a large load has taken is given back when nothing has come for so long. After little there is nothing to give.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);
    private const long LargeLoad = 16 * 1024 * 1024;

    private readonly Engine _engine;
    private readonly Session _session;
    private readonly Action _committed;
    private readonly Action<string> _told;
    private long _load;

    public QueueWriter(Engine engine, Action committed, Action<string> told) => (_engine, _session, _committed, _told) = (engine, engine.Writer, committed, told);

    /// <summary>Writes until the requests end.</summary>
    /// <exception cref="DbException">The database cannot be written any more; every request was answered with it.</exception>
    public async Task RunAsync(Channel<WriterWork> requests, Func<Task, Task> alive)
    {
        try
        {
            while (true)
            {
                var more = requests.Reader.WaitToReadAsync().AsTask();
                if (_load >= LargeLoad && !more.IsCompleted)
                {
                    using var come = new CancellationTokenSource();
                    await alive(Task.WhenAny(more, Task.Delay(Rest, TimeProvider.System, come.Token))).ConfigureAwait(false);
                    await come.CancelAsync().ConfigureAwait(false);
                    if (!more.IsCompleted)
                    {
                        GiveBack();
                    }
                }

                await alive(more).ConfigureAwait(false);
                if (!await more.ConfigureAwait(false))
                {
                    return;
                }

                await WriteNextAsync(requests.Reader, alive).ConfigureAwait(false);
                _engine.Written();
            }
        }
        catch (DbException exception)
        {
            requests.Writer.TryComplete(exception);
            while (requests.Reader.TryRead(out var waiting))
            {
                waiting.Refuse(exception);
            }

            throw;
        }
    }

    private void GiveBack()
    {
        _load = 0;
        _session.Shrink();
        ProcessControl.GiveMemoryBack();
    }

    private async Task WriteNextAsync(ChannelReader<WriterWork> requests, Func<Task, Task> alive)
    {
        var group = new List<PendingRequest>();
        var bytes = 0;
        WriterWork? alone = null;
        while (group.Count < MaximumGroup && bytes < MaximumGroupBytes && alone is null && requests.TryRead(out var next))
        {
            if (next is WriterWork.Request { Pending: { Kind: FrameKind.Execute } request })
            {
                group.Add(request);
                bytes += request.Body.Length;
            }
            else
            {
                alone = next;
            }
        }

        _load += bytes;
        if (group.Count > 0)
        {
            Write(group);
        }

        switch (alone)
        {
            case WriterWork.Request transaction:
                await ConverseAsync(transaction.Pending).ConfigureAwait(false);
                break;
            case WriterWork.Chore chore:
                // A vacuum takes as long as the database is large, and much of it is one call. Who asked for it sees it run, and can stop it: it is no hang.
                await alive(Task.Run(() => chore.Do(_session), CancellationToken.None)).ConfigureAwait(false);
                break;
        }
    }

    private void Write(List<PendingRequest> group)
    {
        var answers = new ReadOnlyMemory<byte>?[group.Count];
        var done = false;
        try
        {
            _session.Begin();
            for (var i = 0; i < group.Count; i++)
            {
                if (group[i].TryBegin(_session))
                {
                    answers[i] = Execute(group[i], group.Count > 1, out var kept);
                    done |= kept;
                }
            }

            // A request that was alone and was undone has taken the transaction with it.
            if (_session.InTransaction)
            {
                _session.Commit();
            }
        }
        catch (DbException exception)
        {
            group.ForEach(request => request.End());
            _session.RollBack();
            if (!_session.IsFatal(exception) && group.Count > 1)
            {
                group.ForEach(request => Write([request]));
                return;
            }

            group.ForEach(request => Fail(request, exception));
            if (_session.IsFatal(exception))
            {
                throw;
            }

            return;
        }

        for (var i = 0; i < group.Count; i++)
        {
            if (answers[i] is { } answer)
            {
                group[i].Answer(answer);
            }
        }

        if (done)
        {
            _committed();
        }
    }

    // Its answer; null when it was withdrawn, and is answered. What it did is kept or undone whole: among others with a savepoint, for which
    // SQLite copies every page before it changes; alone with its transaction.
    private ReadOnlyMemory<byte>? Execute(PendingRequest request, bool amongOthers, out bool kept)
    {
        kept = false;
        if (amongOthers)
        {
            _session.Mark();
        }

        try
        {
            var answer = RunAll(request);
            if (request.End())
            {
                if (amongOthers)
                {
                    _session.Keep();
                }

                kept = true;
                return answer;
            }

            Undo(amongOthers);
            request.AnswerWithdrawn();
            return null;
        }
        catch (Exception exception) when (exception is DbException or InvalidOperationException)
        {
            var withdrawn = !request.End();
            // Else SQLite itself gave the whole transaction up (disk full, I/O error, an interrupted statement): the others in the group are lost with it.
            if (!_session.InTransaction || _session.IsFatal(exception))
            {
                throw;
            }

            Undo(amongOthers);
            if (withdrawn)
            {
                request.AnswerWithdrawn();
                return null;
            }

            return Packer.Refusal(request.Id, RefusalKind.Refused, _session.Told(exception));
        }
    }

    private void Undo(bool amongOthers)
    {
        if (amongOthers)
        {
            _session.Undo();
        }
        else
        {
            _session.RollBack();
        }
    }

    private ReadOnlyMemory<byte> RunAll(PendingRequest request)
    {
        var reader = new Unpacker(request.Body.Span);
        reader.Time();
        var texts = new string[reader.Count()];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = reader.Text();
        }

        var count = reader.Count();
        var answer = new Packer(FrameKind.Done, request.Id, 32 + count * 4).Count(count);
        _session.Run(request, texts, count, ref reader, answer);
        return answer.Finish();
    }
}
