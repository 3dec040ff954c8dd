using System.Buffers.Binary;
using System.Text;

namespace WorkerManagement.Wire;

/// <summary>Builds one frame at a time in a buffer that is used again. Not thread-safe.</summary>
public sealed class FrameWriter
{
    private byte[] _buffer = new byte[512];
    private int _length;

    /// <summary>The whole frame; valid until the next <see cref="Begin"/>.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        BinaryPrimitives.WriteInt32LittleEndian(_buffer, _length - Frame.HeaderSize);
        return _length - Frame.HeaderSize <= Frame.MaximumPayload
            ? _buffer.AsSpan(0, _length)
            : throw new FrameException($"a frame of {_length} bytes; {Frame.MaximumPayload} is the most: shorten arguments or environment");
    }

    /// <summary>Starts a frame; what was there is forgotten.</summary>
    public FrameWriter Begin(MessageKind kind)
    {
        _length = 0;
        var header = Grow(Frame.HeaderSize);
        header.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], (ushort)kind);
        return this;
    }

    /// <summary>Four bytes.</summary>
    public FrameWriter Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Grow(4), value);
        return this;
    }

    /// <summary>Four bytes.</summary>
    public FrameWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Grow(4), value);
        return this;
    }

    /// <summary>Eight bytes.</summary>
    public FrameWriter Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Grow(8), value);
        return this;
    }

    /// <summary>Eight bytes.</summary>
    public FrameWriter UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Grow(8), value);
        return this;
    }

    /// <summary>A text; one with a NUL inside is refused.</summary>
    public FrameWriter Text(string value)
    {
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw new FrameException("a text with a NUL inside");
        }

        var length = Encoding.UTF8.GetByteCount(value);
        Int32(length);
        var space = Grow(length + 1);
        Encoding.UTF8.GetBytes(value, space);
        space[length] = 0;
        return this;
    }

    /// <summary>A list of texts.</summary>
    public FrameWriter Texts(IReadOnlyList<string> values)
    {
        Int32(values.Count);
        for (var i = 0; i < values.Count; i++)
        {
            Text(values[i]);
        }

        return this;
    }

    /// <summary>A ladder.</summary>
    public FrameWriter Ladder(IReadOnlyList<LadderStep> steps)
    {
        Int32(steps.Count);
        foreach (var step in steps)
        {
            Int32(step.Signal).Int64((long)Math.Ceiling(step.Wait.TotalMilliseconds));
        }

        return this;
    }

    private Span<byte> Grow(int count)
    {
        if (_length + count > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + count));
        }

        var space = _buffer.AsSpan(_length, count);
        _length += count;
        return space;
    }
}
