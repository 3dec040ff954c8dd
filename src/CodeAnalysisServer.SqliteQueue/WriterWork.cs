using Microsoft.Data.Sqlite;

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

    /// <summary>Something of the queue's own that needs the writer's connection outside of a transaction.</summary>
    public sealed record Chore(Action<SqliteConnection> Work, TaskCompletionSource Done) : WriterWork
    {
        /// <summary>Does it. What the database says against it is for whoever waits, unless the database is lost.</summary>
        public void Do(SqliteConnection database)
        {
            try
            {
                Work(database);
                Done.TrySetResult();
            }
            catch (SqliteException exception)
            {
                Done.TrySetException(exception);
            }
        }

        public override void Refuse(Exception why) => Done.TrySetException(new InvalidOperationException($"the queue does not write any more: {why.Message}", why));
    }
}
