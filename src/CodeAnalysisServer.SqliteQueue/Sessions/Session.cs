using CodeAnalysisServer.SqliteQueue.Wire;

namespace CodeAnalysisServer.SqliteQueue.Sessions;

/// <summary>
/// One connection through which the queue writes, or reads for a client. What clients send belongs into a transaction; the transaction itself and
/// the connection's settings are the queue's. Not thread-safe, but for <see cref="Interrupt"/>.
/// </summary>
internal abstract class Session : IDisposable
{
    /// <summary>Whether a transaction is open.</summary>
    public abstract bool InTransaction { get; }

    /// <summary>Begins a transaction.</summary>
    public abstract void Begin();

    /// <summary>Commits it.</summary>
    public abstract void Commit();

    /// <summary>Gives it up, if there is one.</summary>
    public abstract void RollBack();

    /// <summary>Begins what can be undone alone.</summary>
    public abstract void Mark();

    /// <summary>Keeps what was done since the mark.</summary>
    public abstract void Keep();

    /// <summary>Undoes what was done since the mark.</summary>
    public abstract void Undo();

    /// <summary>Executes a client's statements until the request is withdrawn; puts into the answer how many rows each changed, and the last row's id.</summary>
    public abstract void Run(PendingRequest request, string[] texts, int count, ref Unpacker values, Packer answer);

    /// <summary>Begins to read for a client.</summary>
    /// <exception cref="InvalidOperationException">The statement would write, or its values do not fit.</exception>
    public abstract RowSource Read(string sql, ref Unpacker values);

    /// <summary>Something of the queue's own, outside of a transaction.</summary>
    public abstract void Do(string sql);

    /// <summary>Interrupts what runs now, from another thread.</summary>
    public abstract void Interrupt();

    /// <summary>Gives back what it keeps only to be faster.</summary>
    public virtual void Shrink()
    {
    }

    /// <summary>Whether what it throws means that the database cannot be trusted or reached. Everything else leaves it whole, and a later try may succeed.</summary>
    public abstract bool IsFatal(Exception exception);

    /// <summary>Whether it threw because it was interrupted.</summary>
    public abstract bool IsInterrupt(Exception exception);

    /// <summary>What it throws, in words for people.</summary>
    public virtual string Told(Exception exception) => exception.Message;

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>What a client may not do.</summary>
    protected static InvalidOperationException Writes() => new("a query only reads; send what writes as a transaction, or as a step of one");
}

/// <summary>Rows on their way to a client; disposed of, it ends.</summary>
internal abstract class RowSource : IDisposable
{
    /// <summary>The names of its columns.</summary>
    public abstract void PackColumns(Packer packer);

    /// <summary>The next row; false at the end.</summary>
    public abstract bool Step();

    /// <summary>The row that the last step found.</summary>
    public abstract void PackRow(Packer packer);

    /// <inheritdoc/>
    public abstract void Dispose();
}
