namespace WorkerManagement.Logs;

/// <summary>
/// Puts lines together from the blocks of a log and its marks: each pipe has its own unfinished line, for the log has their bytes as they came.
/// Memory is bounded: a line longer than 64 KiB is given in pieces.
/// </summary>
internal sealed class LogAssembler(string worker)
{
    private const int LongestPiece = 64 * 1024;

    private readonly Part[] _parts = [new(), new(), new(), new()];

    private sealed class Part
    {
        public MemoryStream Bytes { get; } = new();

        public DateTimeOffset? At { get; set; }

        public long Run { get; set; }
    }

    /// <summary>The lines that end in a block, in the order in which they end.</summary>
    /// <param name="data">The block.</param>
    /// <param name="offset">Where it stands in its file.</param>
    /// <param name="index">Of that file.</param>
    /// <param name="lines">Where they go.</param>
    public void Take(ReadOnlySpan<byte> data, long offset, LogIndex index, List<LogLine> lines)
    {
        var marks = index.Marks;
        var next = First(marks, offset);
        LogMark? mark = next > 0 ? marks[next - 1] : null;
        while (data.Length > 0)
        {
            for (; next < marks.Count && marks[next].Offset <= offset; next++)
            {
                mark = marks[next];
                if (mark is { Stream: LogStream.Lost, Value: var lost } at)
                {
                    lines.Add(new(worker, at.At, LogStream.Lost, lost, []));
                }
            }

            var until = next < marks.Count ? (int)Math.Min(data.Length, marks[next].Offset - offset) : data.Length;
            Take(data[..until], mark, lines);
            offset += until;
            data = data[until..];
        }
    }

    /// <summary>What stands there without a newline.</summary>
    public void End(List<LogLine> lines)
    {
        foreach (var (stream, part) in _parts.Index())
        {
            if (part.Bytes.Length > 0)
            {
                Cut((LogStream)stream, part, lines);
            }
        }
    }

    private void Take(ReadOnlySpan<byte> data, LogMark? mark, List<LogLine> lines)
    {
        var stream = mark?.Stream ?? LogStream.Unknown;
        var part = _parts[(int)stream & 3];
        if (part.Bytes.Length > 0 && part.Run != (mark?.Value ?? 0))
        {
            // Another run: what the one before left unfinished is a line.
            Cut(stream, part, lines);
        }

        while (data.Length > 0)
        {
            if (part.Bytes.Length == 0)
            {
                (part.At, part.Run) = (mark?.At, mark?.Value ?? 0);
            }

            var end = data.IndexOf((byte)'\n');
            var room = LongestPiece - (int)part.Bytes.Length;
            if (end >= 0 && end <= room)
            {
                part.Bytes.Write(data[..end]);
                Cut(stream, part, lines);
                data = data[(end + 1)..];
            }
            else
            {
                var count = Math.Min(room, data.Length);
                part.Bytes.Write(data[..count]);
                data = data[count..];
                if (part.Bytes.Length >= LongestPiece)
                {
                    Cut(stream, part, lines);
                }
            }
        }
    }

    private void Cut(LogStream stream, Part part, List<LogLine> lines)
    {
        lines.Add(new(worker, part.At, stream, part.Run, part.Bytes.ToArray()));
        part.Bytes.SetLength(0);
    }

    // The first mark at an offset or behind it.
    private static int First(IReadOnlyList<LogMark> marks, long offset)
    {
        var (low, high) = (0, marks.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = marks[middle].Offset < offset ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
