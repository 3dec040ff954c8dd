using System.Diagnostics;

namespace CodeAnalysisServer.Vectorization;

/// <summary>Batches that are being embedded or stored: the queue stores one while the next is embedded. Not thread-safe.</summary>
internal sealed class BatchesUnderWay(Func<Task, Task> alive)
{
    private readonly List<Batch> _batches = [];
    private readonly Stopwatch _working = new();

    private sealed record Batch(WaitingText[] Texts, Task Running);

    /// <summary>How many there are.</summary>
    public int Count => _batches.Count;

    /// <summary>For how long there was any, in all.</summary>
    public TimeSpan Worked => _working.Elapsed;

    /// <summary>The hashes of their texts.</summary>
    public HashSet<string> Hashes => [.. _batches.SelectMany(batch => batch.Texts).Select(text => text.Hash)];

    /// <summary>One more.</summary>
    public void Add(WaitingText[] texts, Task running)
    {
        _working.Start();
        _batches.Add(new(texts, running));
    }

    /// <summary>Waits until no more than so many are left. Throws what one of them threw; the others go on.</summary>
    public async Task LandAsync(int most)
    {
        while (_batches.Count > most)
        {
            var any = Task.WhenAny(_batches.Select(batch => batch.Running));
            await alive(any).ConfigureAwait(false);
            var landed = await any.ConfigureAwait(false);
            _batches.RemoveAll(batch => batch.Running == landed);
            if (_batches.Count == 0)
            {
                _working.Stop();
            }

            await landed.ConfigureAwait(false);
        }
    }

    /// <summary>Waits until all have ended, however they do.</summary>
    public async Task EndAsync() => await Task.WhenAll(_batches.Select(batch => batch.Running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
