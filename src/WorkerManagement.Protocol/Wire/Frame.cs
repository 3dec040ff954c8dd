using System.Buffers.Binary;

namespace WorkerManagement.Wire;

/// <summary>
/// Frames between manager and guard: length of the payload (4 bytes), kind (2), zero (2), payload; little-endian.
/// A number is 4 or 8 bytes; a text is its length in bytes (4), UTF-8 without NUL, and one NUL.
/// </summary>
public static class Frame
{
    /// <summary>Begins a Hello: "WMG1".</summary>
    public const uint Magic = 0x31474D57;

    /// <summary>Changes whenever a message changes its shape.</summary>
    public const ushort ProtocolVersion = 2;

    /// <summary>Bytes before the payload.</summary>
    public const int HeaderSize = 8;

    /// <summary>The largest payload: what the kernel takes as arguments and environment (ARG_MAX, 2 MiB) and some more.</summary>
    public const int MaximumPayload = 4 * 1024 * 1024;

    /// <summary>The most texts in one list.</summary>
    public const int MaximumCount = 65536;

    /// <summary>The most steps of a ladder.</summary>
    public const int MaximumSteps = 16;

    /// <summary>Reads a header. Throws <see cref="FrameException"/> when it cannot be one.</summary>
    public static (int Length, MessageKind Kind) ReadHeader(ReadOnlySpan<byte> header)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (length > MaximumPayload)
        {
            throw new FrameException($"a frame of {length} bytes; {MaximumPayload} is the most");
        }

        return BinaryPrimitives.ReadUInt16LittleEndian(header[6..]) == 0
            ? ((int)length, (MessageKind)BinaryPrimitives.ReadUInt16LittleEndian(header[4..]))
            : throw new FrameException("a frame whose reserved bytes are not zero");
    }
}

/// <summary>A frame that breaks the protocol; the message says how.</summary>
public sealed class FrameException : Exception
{
    /// <summary>With what is wrong.</summary>
    public FrameException(string message) : base(message)
    {
    }

    /// <summary>Without words.</summary>
    public FrameException()
    {
    }

    /// <summary>With what is wrong and a cause.</summary>
    public FrameException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
