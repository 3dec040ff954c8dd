using System.Data.Common;
using CodeAnalysisServer.SqliteQueue.Sessions;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>What the writer is given.</summary>
internal abstract record WriterWork
{
    private WriterWork()
    {
    }

    /// <summary>Tells whoever waits that it will not be done.</summary>
    public abstract void Refuse(Exception why);

    /// <summary>A client's request.</summary>
    public sealed record Request(PendingRequest Pending) : WriterWork
    {
        public override void Refuse(Exception why) => Pending.Refuse($"{why.Message}; nothing was done");
    }

    /// <summary>Something of the queue's own that needs the writer's session outside of a transaction.</summary>
    public sealed record Chore(Action<Session> Work, TaskCompletionSource Done) : WriterWork
    {
        /// <summary>Does it. What is said against it is for whoever waits, and never ends the writer.</summary>
        public void Do(Session writer)
        {
            try
            {
                Work(writer);
                Done.TrySetResult();
            }
            catch (Exception exception) when (exception is DbException or OperationCanceledException)
            {
                Done.TrySetException(exception);
            }
        }

        public override void Refuse(Exception why) => Done.TrySetException(new InvalidOperationException($"the queue does not write any more: {why.Message}", why));
    }
}
