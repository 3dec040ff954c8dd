using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace WorkerManagement.Logs;

/// <summary>Several workers' lines in the order of time; each worker's own stay in its order.</summary>
internal static class MergedLogs
{
    private const int MostWaiting = 1024;

    /// <summary>As <see cref="LogLines.ReadAsync"/>: null once everything that is there was given. What comes after that comes as it is read.</summary>
    public static async IAsyncEnumerable<LogLine?> ReadAsync(IReadOnlyList<LogLines> logs, LogQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var readers = logs.Select(log => log.ReadAsync(query, ending.Token).GetAsyncEnumerator(ending.Token)).ToArray();
        var pumps = Task.CompletedTask;
        try
        {
            var heads = new PriorityQueue<int, (DateTimeOffset, int)>();
            var following = new List<int>();
            for (var i = 0; i < readers.Length; i++)
            {
                await StepAsync(i).ConfigureAwait(false);
            }

            while (heads.TryDequeue(out var i, out _))
            {
                yield return readers[i].Current;
                await StepAsync(i).ConfigureAwait(false);
            }

            yield return null;
            if (following.Count == 0)
            {
                yield break;
            }

            var news = Channel.CreateBounded<LogLine>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
            pumps = PumpAsync(following.Select(i => readers[i]), news.Writer, ending.Token);
            await foreach (var line in news.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return line;
                if (!news.Reader.TryPeek(out _))
                {
                    yield return null;
                }
            }

            async Task StepAsync(int i)
            {
                if (!await readers[i].MoveNextAsync().ConfigureAwait(false))
                {
                    return;
                }

                if (readers[i].Current is { } line)
                {
                    heads.Enqueue(i, (line.At ?? DateTimeOffset.MinValue, i));
                }
                else
                {
                    following.Add(i);
                }
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await pumps.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var reader in readers)
            {
                await reader.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static async Task PumpAsync(IEnumerable<IAsyncEnumerator<LogLine?>> readers, ChannelWriter<LogLine> news, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(readers.Select(reader => PumpAsync(reader, news, cancellationToken))).ConfigureAwait(false);
            news.TryComplete();
        }
        catch (Exception exception)
        {
            // Whoever reads the news gets it.
            news.TryComplete(exception);
        }
    }

    private static async Task PumpAsync(IAsyncEnumerator<LogLine?> reader, ChannelWriter<LogLine> news, CancellationToken cancellationToken)
    {
        while (await reader.MoveNextAsync().ConfigureAwait(false))
        {
            if (reader.Current is { } line)
            {
                await news.WriteAsync(line, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
