using System.Buffers.Binary;
using CodeAnalysisServer.SqliteQueue.Wire;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>
/// An interactive transaction. Its own reads see its writes, nobody else does before the commit. A step that fails is undone alone.
/// Not thread-safe. Disposed of without a commit it is rolled back.
/// </summary>
public sealed class QueueTransaction : IAsyncDisposable
{
    private readonly QueueConnection _connection;
    private readonly Conversation _begun;
    private bool _over;

    internal QueueTransaction(QueueConnection connection, Conversation begun) => (_connection, _begun) = (connection, begun);

    /// <summary>Executes statements: all or none of them.</summary>
    /// <exception cref="QueueRefusedException">The database refuses these statements, or the transaction is not open any more.</exception>
    /// <exception cref="IOException">The queue has gone; the transaction is rolled back.</exception>
    public async Task<QueueResult> ExecuteAsync(IReadOnlyList<Statement> statements, CancellationToken cancellationToken = default) =>
        SqliteDriverProxy.ToResult(await _connection.AskAsync(id => Nest(TransactionBody.Pack(FrameKind.Step, id, statements, null)), cancellationToken, inTransaction: true).ConfigureAwait(false));

    /// <summary>Reads, a megabyte of rows at most: everybody waits for this transaction.</summary>
    /// <exception cref="QueueRefusedException">The database refuses the statement, it would write, or finds too much.</exception>
    public async Task<IReadOnlyList<QueueRow>> QueryAsync(Statement statement, CancellationToken cancellationToken = default)
    {
        var asked = await _connection.SayAsync(id => Nest(TransactionBody.PackQuery(FrameKind.Look, id, statement, null))).ConfigureAwait(false);
        try
        {
            await _connection.AnswerAsync(asked, cancellationToken).ConfigureAwait(false);
            var columns = asked.Parts.Reader.TryRead(out var first) ? QueueRows.Columns(first) : [];
            var rows = new List<QueueRow>();
            while (asked.Parts.Reader.TryRead(out var frame))
            {
                rows.AddRange(QueueRows.Rows(frame, columns));
            }

            return rows;
        }
        finally
        {
            _connection.Forget(asked);
        }
    }

    /// <summary>Makes it all last. Completes once it is committed.</summary>
    /// <exception cref="QueueRefusedException">It is not open any more, or cannot be committed; nothing was done.</exception>
    /// <exception cref="IOException">The queue has gone; it is not known whether it was done.</exception>
    public Task CommitAsync() => EndAsync(FrameKind.Commit);

    /// <summary>Gives it up.</summary>
    public Task RollBackAsync() => EndAsync(FrameKind.RollBack);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_over)
        {
            return;
        }

        try
        {
            await RollBackAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is QueueRefusedException or IOException)
        {
            // Rolled back already.
        }
    }

    /// <summary>A frame without more, inside a transaction.</summary>
    internal static ReadOnlyMemory<byte> Inside(FrameKind kind, long id, long transaction) => Nest(Packer.Plain(kind, id), transaction);

    private async Task EndAsync(FrameKind how)
    {
        ObjectDisposedException.ThrowIf(_over, this);
        _over = true;
        try
        {
            await _connection.AskAsync(id => Inside(how, id, _begun.Id), CancellationToken.None, inTransaction: true).ConfigureAwait(false);
            await _begun.Answer.Task.ConfigureAwait(false);
        }
        finally
        {
            _connection.Forget(_begun);
            _connection.Transaction.Release();
        }
    }

    private ReadOnlyMemory<byte> Nest(ReadOnlyMemory<byte> frame) => Nest(frame, _begun.Id);

    // The transaction's id goes before the body.
    private static ReadOnlyMemory<byte> Nest(ReadOnlyMemory<byte> frame, long transaction)
    {
        var nested = new byte[frame.Length + sizeof(long)];
        frame.Span[..Packer.EmptyLength].CopyTo(nested);
        BinaryPrimitives.WriteInt32LittleEndian(nested, frame.Length + sizeof(long) - sizeof(int));
        BinaryPrimitives.WriteInt64LittleEndian(nested.AsSpan(Packer.EmptyLength), transaction);
        frame.Span[Packer.EmptyLength..].CopyTo(nested.AsSpan(Packer.EmptyLength + sizeof(long)));
        return nested;
    }
}
