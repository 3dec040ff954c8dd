namespace CodeAnalysisServer.Storage.Vectors;

/// <summary>The best so many of what is added. Not thread-safe.</summary>
internal sealed class Best(int count, float above)
{
    // The worst of them in front.
    private readonly PriorityQueue<long, (float Likeness, long Id)> _kept = new();

    /// <summary>What is not above this cannot come in any more.</summary>
    public float Worst { get; private set; } = above;

    /// <summary>An empty one that takes only what this would take.</summary>
    public Best Fork() => new(count, Worst);

    public void Add(long id, float likeness)
    {
        if (!(likeness > Worst))
        {
            return;
        }

        // Of equals the one that was there first, so that the order of looking does not matter.
        if (_kept.Count < count)
        {
            _kept.Enqueue(id, (likeness, -id));
        }
        else
        {
            _kept.EnqueueDequeue(id, (likeness, -id));
        }

        if (_kept.Count == count && _kept.TryPeek(out _, out var worst))
        {
            Worst = MathF.Max(Worst, MathF.BitDecrement(worst.Likeness));
        }
    }

    public List<(long Id, float Likeness)> Sorted() => [.. _kept.UnorderedItems.OrderByDescending(item => item.Priority).Select(item => (item.Element, item.Priority.Likeness))];
}
