using CodeAnalysisServer.SqliteQueue;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>
/// Gathers the changes of many files into large transactions: each writes most pages of the indexes by name and by hash once more, however
/// few files it has. The more while one is under way, up to a bound; whoever adds beyond it waits. Thread-safe.
/// </summary>
internal sealed class ChangeBatches(string root, SqliteDriverProxy queue) : IDisposable
{
    /// <summary>Most transactions under way.</summary>
    public const int UnderWay = 2;

    // In characters. What is worth a transaction when the queue has nothing to do, and when it has; the first ones are small, so that it begins early.
    private const int First = 250_000, Enough = 1_000_000, Most = 2_000_000;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _room = new(UnderWay);
    private List<FileChange> _gathered = [];
    private int _weight;
    private int _enough = First;

    /// <summary>Adds one; sends what is gathered when it is enough.</summary>
    /// <exception cref="QueueRefusedException">The database refuses the transaction that was full.</exception>
    /// <exception cref="IOException">The queue has gone.</exception>
    public async Task AddAsync(FileChange change, CancellationToken cancellationToken)
    {
        List<FileChange> full;
        lock (_gate)
        {
            _gathered.Add(change);
            _weight += change.Weight;
            if (_weight < _enough || (_weight < Most && _room.CurrentCount < UnderWay))
            {
                return;
            }

            full = Take();
            _enough = Math.Min(2 * _enough, Enough);
        }

        await SendAsync(full, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends the rest.</summary>
    /// <inheritdoc cref="AddAsync"/>
    public Task FlushAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _gathered.Count == 0 ? Task.CompletedTask : SendAsync(Take(), cancellationToken);
        }
    }

    public void Dispose() => _room.Dispose();

    private List<FileChange> Take()
    {
        var taken = _gathered;
        (_gathered, _weight) = ([], 0);
        return taken;
    }

    private async Task SendAsync(List<FileChange> changes, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await queue.ExecuteAsync(ChangeStatements.Of(root, changes), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _room.Release();
        }
    }
}
