namespace WorkerManagement.Logs;

/// <summary>Finds where to begin in a series.</summary>
internal static class SeriesPlace
{
    private const int BlockSize = 64 * 1024;

    /// <summary>Where the last lines begin: from the newest file back, until enough ends of lines were passed. The very last byte, when it is one, counts for none.</summary>
    public static SeriesReader.Place OfLast(string path, int lines)
    {
        var full = Series.Rotated(path);
        var search = new Search { Wanted = lines };
        using (var written = SeriesReader.TryOpen(path))
        {
            if (lines == 0 || (written is not null && Back(written, ref search) is not null))
            {
                return new(full.Count == 0 ? long.MinValue : full[^1].Order, lines == 0 ? written?.Length ?? 0 : search.Found);
            }
        }

        foreach (var file in Enumerable.Reverse(full))
        {
            using var stream = SeriesReader.TryOpen(file);
            if (stream is not null && (stream is FileStream raw ? Back(raw, ref search) : Forth(file, ref search)) is { } position)
            {
                return new(file.Order - 1, position);
            }
        }

        return SeriesReader.Place.Beginning;
    }

    private struct Search
    {
        /// <summary>How many ends of lines are still to be passed.</summary>
        public long Wanted;

        /// <summary>Whether any byte was seen.</summary>
        public bool Begun;

        public long Found;
    }

    /// <summary>A place not after the first byte that came at a moment, and not much before it.</summary>
    public static SeriesReader.Place OfTime(string path, DateTimeOffset since)
    {
        var done = long.MinValue;
        foreach (var full in Series.Rotated(path))
        {
            if (File.GetLastWriteTimeUtc(full.Path) >= since.UtcDateTime)
            {
                return new(done, Before(full.Compressed ? full.Path[..^3] : full.Path, since));
            }

            done = full.Order;
        }

        return new(done, Before(path, since));
    }

    private static long Before(string log, DateTimeOffset since)
    {
        try
        {
            using var file = File.OpenHandle(LogIndex.PathOf(log), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return new LogIndex(file).Marks.LastOrDefault(mark => mark.At < since).Offset;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return 0;
        }
    }

    // Where the wanted lines begin; null when the file has fewer.
    private static long? Back(FileStream file, ref Search search)
    {
        var buffer = new byte[BlockSize];
        for (var to = file.Length; to > 0;)
        {
            var from = Math.Max(0, to - buffer.Length);
            var count = RandomAccess.Read(file.SafeFileHandle, buffer.AsSpan(0, (int)(to - from)), from);
            for (var i = count - 1; i >= 0; i--)
            {
                var first = !search.Begun;
                search.Begun = true;
                if (buffer[i] == (byte)'\n' && !first && --search.Wanted == 0)
                {
                    return search.Found = from + i + 1;
                }
            }

            to = from;
        }

        return null;
    }

    // A compressed file is read twice: its ends of lines are counted first.
    private static long? Forth(Series.Full full, ref Search search)
    {
        var (ends, last, length) = (0L, -1L, 0L);
        Each(full, (at, number) => (ends, last) = (number, at), ref length);
        ends -= !search.Begun && last == length - 1 ? 1 : 0;
        search.Begun |= length > 0;
        if (ends < search.Wanted)
        {
            search.Wanted -= ends;
            return null;
        }

        var (wanted, position) = (ends - search.Wanted + 1, 0L);
        Each(full, (at, number) => position = number == wanted ? at + 1 : position, ref length);
        return position;
    }

    private static void Each(Series.Full full, Action<long, long> end, ref long length)
    {
        using var stream = SeriesReader.TryOpen(full);
        var buffer = new byte[BlockSize];
        var (offset, number) = (0L, 0L);
        int count;
        while ((count = stream?.Read(buffer) ?? 0) > 0)
        {
            for (var i = 0; i < count; i++)
            {
                if (buffer[i] == (byte)'\n')
                {
                    end(offset + i, ++number);
                }
            }

            offset += count;
        }

        length = offset;
    }
}
