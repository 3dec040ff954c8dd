using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace WorkerManagement.Logs;

/// <summary>A worker's lines with their times, across rotated files. Only files are read.</summary>
internal sealed class LogLines(string logDirectory, string worker)
{
    private readonly string _path = Path.Combine(Path.GetFullPath(logDirectory), worker + ".log");

    /// <summary>The lines that pass, the oldest first; one that is null when a reader that follows has given all that is there.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read by this user.</exception>
    public async IAsyncEnumerable<LogLine?> ReadAsync(LogQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (query.Previous)
        {
            // Without one before nothing passes.
            query = query with { Run = PreviousRun() ?? -1 };
        }

        var last = query.Last is { } count ? new Queue<LogLine>(Math.Min(count, 1024)) : null;
        var filter = new LogFilter(query);
        await foreach (var line in AllAsync(Begin(query), query.Follow, cancellationToken).ConfigureAwait(false))
        {
            if (line is null)
            {
                // Caught up: from here on everything is news.
                foreach (var kept in last ?? [])
                {
                    yield return kept;
                }

                last = null;
                yield return null;
            }
            else if (!filter.Passes(line))
            {
                continue;
            }
            else if (last is null)
            {
                yield return line;
            }
            else
            {
                last.Enqueue(line);
                if (last.Count > query.Last)
                {
                    last.Dequeue();
                }
            }
        }

        foreach (var kept in last ?? [])
        {
            yield return kept;
        }
    }

    private async IAsyncEnumerable<LogLine?> AllAsync(SeriesReader.Place from, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var assembler = new LogAssembler(worker);
        var lines = new List<LogLine>();
        var opened = 0;
        SafeFileHandle? indexFile = null;
        var index = new LogIndex(null);
        try
        {
            await foreach (var block in SeriesReader.ReadAsync(_path, from, follow, cancellationToken).ConfigureAwait(false))
            {
                if (block.Data.Length == 0)
                {
                    yield return null;
                    continue;
                }

                if (block.Opened != opened)
                {
                    indexFile?.Dispose();
                    indexFile = OpenIndex(block.File);
                    (index, opened) = (new(indexFile), block.Opened);
                }

                assembler.Take(block.Data.Span, block.Offset, index, lines);
                foreach (var line in lines)
                {
                    yield return line;
                }

                lines.Clear();
            }

            assembler.End(lines);
            foreach (var line in lines)
            {
                yield return line;
            }
        }
        finally
        {
            indexFile?.Dispose();
        }
    }

    private SeriesReader.Place Begin(LogQuery query) => query switch
    {
        { IsPlain: true, Last: { } lines } => SeriesPlace.OfLast(_path, lines),
        { Run: { } run, Last: { } lines, Since: null, Stream: null, Pattern: null, Level: null } when IsNewest(run) => SeriesPlace.OfLast(_path, lines),
        { Since: { } since } => SeriesPlace.OfTime(_path, since),
        _ => SeriesReader.Place.Beginning,
    };

    // Nothing came after what this run wrote: its last lines are the log's.
    private bool IsNewest(long run)
    {
        using var handle = OpenIndex(_path);
        return new LogIndex(handle).Marks is [.., { Stream: not LogStream.Lost } newest] && newest.Value <= run;
    }

    // The newest run that is not the newest.
    private long? PreviousRun()
    {
        long? newest = null;
        foreach (var file in Series.Rotated(_path).Select(full => full.Path).Append(_path).Reverse())
        {
            using var handle = OpenIndex(file);
            foreach (var run in new LogIndex(handle).Marks.Where(mark => mark.Stream is LogStream.Output or LogStream.Error && mark.Value > 0).Select(mark => mark.Value).Distinct().OrderDescending())
            {
                if (newest is not null && run < newest)
                {
                    return run;
                }

                newest ??= run;
            }
        }

        return null;
    }

    // Between the two renames of a rotation a full log's index has the written one's name still, and there is no written log.
    private SafeFileHandle? OpenIndex(string log)
    {
        var name = LogIndex.PathOf(log.EndsWith(".gz", StringComparison.Ordinal) ? log[..^3] : log);
        return Open(name) ?? (Series.Parse(_path, log) is not { Order: > 0 } ? null
            : !File.Exists(_path) && Open(LogIndex.PathOf(_path)) is { } written ? Instead(name, written)
            : Open(name));
    }

    private static SafeFileHandle? Instead(string name, SafeFileHandle written)
    {
        if (Open(name) is not { } renamed)
        {
            return written;
        }

        written.Dispose();
        return renamed;
    }

    private static SafeFileHandle? Open(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
