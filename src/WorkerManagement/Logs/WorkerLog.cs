using System.Runtime.CompilerServices;
using System.Text;

namespace WorkerManagement.Logs;

/// <summary>
/// Reads what a worker wrote: raw bytes, across the full files <c>NAME.log.000001</c> … (or, compressed, <c>….gz</c>) and <c>NAME.log</c>, oldest first.
/// Only files are read: a slow reader holds up nobody, and no manager needs to run. Thread-safe.
/// </summary>
public sealed class WorkerLog
{
    private const int MostBytes = 1 << 20;

    private readonly string _path;

    /// <summary>Of one worker.</summary>
    /// <param name="logDirectory">As <see cref="WorkerManager.LogDirectory"/>.</param>
    /// <param name="worker">The worker's name.</param>
    public WorkerLog(string logDirectory, string worker)
    {
        _path = Path.Combine(Path.GetFullPath(logDirectory), worker + ".log");
        Exists = File.Exists(_path) || Series.Rotated(_path).Count > 0;
    }

    /// <summary>Whether the worker had written anything when this was made.</summary>
    public bool Exists { get; }

    /// <summary>
    /// The last lines and no more, or, when followed, then everything that comes, across rotations and restarts of worker and manager. The memory is
    /// good until the next block is asked for.
    /// </summary>
    /// <param name="lines">How many lines back to begin; null for all that is kept.</param>
    /// <param name="follow">Whether to wait for more at the end.</param>
    /// <param name="cancellationToken">Ends a reader that follows.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read by this user.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(int? lines, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var from = lines is { } wanted ? SeriesPlace.OfLast(_path, wanted) : SeriesReader.Place.Beginning;
        // A line that is written while these are read is none of them.
        var left = follow ? null : lines;
        if (left == 0)
        {
            yield break;
        }

        await foreach (var block in SeriesReader.ReadAsync(_path, from, follow, cancellationToken).ConfigureAwait(false))
        {
            var data = Cut(block.Data, ref left);
            if (data.Length > 0)
            {
                yield return data;
            }

            if (left == 0)
            {
                yield break;
            }
        }
    }

    private static ReadOnlyMemory<byte> Cut(ReadOnlyMemory<byte> data, ref int? left)
    {
        for (var at = 0; left > 0 && data.Span[at..].IndexOf((byte)'\n') is >= 0 and var end;)
        {
            at += end + 1;
            if (--left == 0)
            {
                return data[..at];
            }
        }

        return data;
    }

    /// <summary>The last lines as text, the oldest first; of very long ones only what stands in the last mebibyte.</summary>
    /// <param name="lines">How many at most.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read by this user.</exception>
    public async Task<IReadOnlyList<string>> LastLinesAsync(int lines, CancellationToken cancellationToken = default)
    {
        var blocks = new Queue<byte[]>();
        var kept = 0;
        await foreach (var block in ReadAsync(lines, follow: false, cancellationToken).ConfigureAwait(false))
        {
            blocks.Enqueue(block.ToArray());
            kept += block.Length;
            while (kept > MostBytes)
            {
                kept -= blocks.Dequeue().Length;
            }
        }

        var text = Encoding.UTF8.GetString([.. blocks.SelectMany(block => block)]);
        return text.Length == 0 ? [] : [.. (text[^1] == '\n' ? text[..^1] : text).Split('\n').TakeLast(lines)];
    }
}
