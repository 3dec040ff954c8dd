using System.Buffers.Binary;
using System.Text;

namespace WorkerManagement.Wire;

/// <summary>Reads one payload, front to back, with every length checked. Breaking the protocol throws <see cref="FrameException"/>.</summary>
public ref struct FrameReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    /// <summary>How many bytes are left: the offset of the next field from the end.</summary>
    public readonly int Remaining => _rest.Length;

    /// <summary>Four bytes.</summary>
    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    /// <summary>Four bytes.</summary>
    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    /// <summary>Eight bytes.</summary>
    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    /// <summary>Eight bytes.</summary>
    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>A count of things that follow, none of them smaller than <paramref name="leastBytes"/>.</summary>
    public int Count(int maximum, int leastBytes)
    {
        var count = Int32();
        return count >= 0 && count <= maximum && (long)count * leastBytes <= _rest.Length
            ? count
            : throw new FrameException($"a list of {count} entries where at most {maximum} fit");
    }

    /// <summary>A text with its final NUL, as the kernel wants it.</summary>
    public ReadOnlySpan<byte> TextZ()
    {
        var length = Int32();
        if (length < 0 || length >= _rest.Length)
        {
            throw new FrameException($"a text of {length} bytes in a frame with {_rest.Length} left");
        }

        var text = Take(length + 1);
        return text.IndexOf((byte)0) == length ? text : throw new FrameException("a text with a NUL inside");
    }

    /// <summary>A text.</summary>
    public string Text() => Encoding.UTF8.GetString(TextZ()[..^1]);

    /// <summary>A ladder.</summary>
    public IReadOnlyList<LadderStep> Ladder()
    {
        var steps = new LadderStep[Count(Frame.MaximumSteps, 12)];
        for (var i = 0; i < steps.Length; i++)
        {
            var signal = Int32();
            var milliseconds = Int64();
            steps[i] = signal is >= 0 and <= 64 && milliseconds is >= 0 and <= int.MaxValue
                ? new(signal, TimeSpan.FromMilliseconds(milliseconds))
                : throw new FrameException($"a ladder step with signal {signal} and {milliseconds} ms");
        }

        return steps;
    }

    /// <summary>Nothing may be left.</summary>
    public readonly void End()
    {
        if (!_rest.IsEmpty)
        {
            throw new FrameException($"{_rest.Length} bytes after the end of a message");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new FrameException($"a message cut short: {count} bytes wanted, {_rest.Length} left");
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
