using System.Buffers.Binary;
using WorkerManagement.Wire;

namespace WorkerManagement.Guard.Tests;

/// <summary>Frames that a broken or hostile manager could send. None means run 1, which is the one that must live.</summary>
internal sealed class FuzzFrames(Random random)
{
    private readonly FrameWriter _writer = new();

    /// <summary>Whole in form; what it says is at random.</summary>
    public byte[] WellFormed() => (random.Next(7) switch
    {
        0 => Ladder(_writer.Begin(MessageKind.Stop).Int64(Run()), random.Next(0, Frame.MaximumSteps + 1)),
        1 => _writer.Begin(MessageKind.Extend).Int64(Run()).Int64(random.NextInt64(long.MinValue, long.MaxValue)),
        2 => _writer.Begin(MessageKind.Signal).Int64(Run()).Int32(random.Next(1, 65)),
        3 => Ladder(_writer.Begin(MessageKind.Watch).Int64(Run()).Int32(random.Next(int.MinValue, int.MaxValue)).UInt64((ulong)random.NextInt64()).Text(Text()), 1),
        4 => _writer.Begin(MessageKind.Unwatch).Int64(Run()),
        5 when random.Next(20) == 0 => Ladder(_writer.Begin(MessageKind.Spawn).Int64(Run()).Text(Text()).Text("/"), 1).Texts(["/nonexistent/" + Text()]).Texts([Text()]),
        _ => _writer.Begin(MessageKind.Members).Int64(Run()),
    }).Finish().ToArray();

    /// <summary>Breaks the protocol: in its envelope, its counts, its texts, its kind or its length.</summary>
    public byte[] Malformed()
    {
        switch (random.Next(6))
        {
            case 0:
                var tooLong = WellFormed();
                BinaryPrimitives.WriteUInt32LittleEndian(tooLong, (uint)random.NextInt64(Frame.MaximumPayload + 1, uint.MaxValue));
                return tooLong;
            case 1:
                var reserved = WellFormed();
                BinaryPrimitives.WriteUInt16LittleEndian(reserved.AsSpan(6), (ushort)random.Next(1, 65536));
                return reserved;
            case 2:
                return Payload((MessageKind)random.Next(10, 65536), random.Next(0, 64));
            case 3:
                // A whole message that goes on.
                return [.. _writer.Begin(MessageKind.Unwatch).Int64(Run()).Int32(random.Next()).Finish()];
            case 4:
                // A list of more than there can be, or of less than nothing.
                return [.. _writer.Begin(MessageKind.Stop).Int64(Run()).Int32(random.Next(2) == 0 ? random.Next(17, int.MaxValue) : -random.Next(1, int.MaxValue)).Finish()];
            default:
                // Cut short: every message has at least a run's number but the one that is empty.
                return Payload((MessageKind)random.Next(2, 9), random.Next(0, 8));
        }
    }

    /// <summary>Bytes at random under an honest length, and never the one empty message that ends the guard.</summary>
    public byte[] Noise() => Payload((MessageKind)random.Next(0, 12), random.Next(1, 300));

    private byte[] Payload(MessageKind kind, int length)
    {
        var frame = new byte[Frame.HeaderSize + length];
        random.NextBytes(frame.AsSpan(Frame.HeaderSize));
        BinaryPrimitives.WriteInt32LittleEndian(frame, length);
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(4), (ushort)kind);
        return frame;
    }

    private long Run() => random.Next(3) == 0 ? random.NextInt64(long.MinValue, 1) : random.NextInt64(2, long.MaxValue);

    private string Text() => new([.. Enumerable.Range(0, random.Next(0, 40)).Select(_ => (char)random.Next(1, 0xD7FF))]);

    private FrameWriter Ladder(FrameWriter writer, int steps)
    {
        writer.Int32(steps);
        for (var i = 0; i < steps; i++)
        {
            writer.Int32(random.Next(0, 65)).Int64(random.Next(0, 1000));
        }

        return writer;
    }
}
