using System.Runtime.InteropServices;

namespace WorkerManagement.Telemetry;

/// <summary>A count for each combination of labels. Counted by the manager's loop, read by whoever looks.</summary>
internal sealed class Tally(params string[] labels)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string, string?), long> _counts = [];

    public void Add(long count, string first, string? second = null)
    {
        lock (_lock)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_counts, (first, second), out _) += count;
        }
    }

    public IReadOnlyList<Sample> Read()
    {
        lock (_lock)
        {
            return [.. _counts.Select(count => new Sample(count.Value, count.Key.Item2 is { } second
                ? [new(labels[0], count.Key.Item1), new(labels[1], second)]
                : [new(labels[0], count.Key.Item1)]))];
        }
    }
}
