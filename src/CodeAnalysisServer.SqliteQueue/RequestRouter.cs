using System.Threading.Channels;
using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.SqliteQueue.Wire;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>Puts each request before the one who does it: the writer, the readers, the jobs.</summary>
internal sealed class RequestRouter(ChannelWriter<WriterWork> writer, QueryRunner readers, JobRequests jobs)
{
    /// <summary>Passes it on; waits while the writer has too much to do.</summary>
    /// <exception cref="InvalidDataException">It makes no sense.</exception>
    public async Task TakeAsync(PendingRequest request)
    {
        Check(request);
        switch (request.Kind)
        {
            case FrameKind.Execute or FrameKind.Begin:
                try
                {
                    await writer.WriteAsync(new WriterWork.Request(request), CancellationToken.None).ConfigureAwait(false);
                }
                catch (ChannelClosedException)
                {
                    request.Refuse("the queue does not write any more; nothing was done");
                }

                break;
            case FrameKind.Query:
                readers.Take(request);
                break;
            case FrameKind.Job:
                jobs.Take(request);
                break;
            default:
                throw Unpacker.Nonsense($"of the unknown kind {(byte)request.Kind}");
        }
    }

    /// <summary>Walks its body once, and lets its time begin.</summary>
    /// <exception cref="InvalidDataException">It makes no sense.</exception>
    public static void Check(PendingRequest request)
    {
        _ = request.IsInside ? request.Transaction : 0;
        request.Within(request.Kind switch
        {
            FrameKind.Execute or FrameKind.Step => TransactionBody.Check(request.Body.Span),
            FrameKind.Query or FrameKind.Look => TransactionBody.CheckQuery(request.Body.Span),
            _ => null,
        });
    }
}
