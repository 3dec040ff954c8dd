using System.Buffers.Binary;

namespace WorkerManagement;

/// <summary>Where a piece of a worker's output came from.</summary>
public enum LogStream
{
    /// <summary>Nobody noted it.</summary>
    Unknown = 0,

    /// <summary>Standard output.</summary>
    Output = 1,

    /// <summary>Standard error.</summary>
    Error = 2,

    /// <summary>Nothing is there: so many bytes were dropped.</summary>
    Lost = 3,
}

/// <summary>
/// What is known of the bytes of a log from an offset on, up to the next mark. Manager and guard append them to the file beside the log
/// (<c>NAME.log.idx</c>): 24 bytes each, little endian: offset, microseconds, value × 256 + stream.
/// </summary>
/// <param name="Offset">In the log file, in bytes.</param>
/// <param name="Microseconds">When the bytes came, since the Unix epoch.</param>
/// <param name="Stream">Which pipe they came from.</param>
/// <param name="Value">The run that wrote them; of <see cref="LogStream.Lost"/> the number of bytes.</param>
public readonly record struct LogMark(long Offset, long Microseconds, LogStream Stream, long Value)
{
    /// <summary>Bytes of one mark.</summary>
    public const int Size = 24;

    /// <summary>What the name of the file of marks has more than its log's.</summary>
    public const string FileSuffix = ".idx";

    /// <summary>A moment in the unit of <see cref="Microseconds"/>.</summary>
    public static long MicrosecondsOf(DateTimeOffset moment) => (moment - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>When the bytes came.</summary>
    public DateTimeOffset At => DateTimeOffset.UnixEpoch.AddTicks(Microseconds * TimeSpan.TicksPerMicrosecond);

    /// <summary>Writes it into the first <see cref="Size"/> bytes.</summary>
    public void Encode(Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Offset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], Microseconds);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], (Value << 8) | (long)Stream);
    }

    /// <summary>Reads one from the first <see cref="Size"/> bytes.</summary>
    public static LogMark Decode(ReadOnlySpan<byte> bytes)
    {
        var last = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]);
        return new(BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]), (LogStream)(last & 3), last >> 8);
    }
}
