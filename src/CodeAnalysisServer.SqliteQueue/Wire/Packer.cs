using System.Buffers.Binary;
using System.Text;

namespace CodeAnalysisServer.SqliteQueue.Wire;

/// <summary>Builds one frame. Not thread-safe.</summary>
internal sealed class Packer
{
    /// <summary>The length of a frame without a body.</summary>
    public const int EmptyLength = sizeof(int) + Frames.Overhead;

    private byte[] _buffer;
    private int _length = EmptyLength;

    /// <param name="capacity">About how long it will be, in bytes. More is possible; a large frame that grows is copied again and again.</param>
    public Packer(FrameKind kind, long id, long capacity = 128)
    {
        _buffer = GC.AllocateUninitializedArray<byte>((int)Math.Clamp(capacity, _length, Frames.Maximum + sizeof(int)));
        _buffer[sizeof(int)] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(sizeof(int) + 1), id);
    }

    /// <summary>Bytes so far.</summary>
    public int Length => _length;

    /// <summary>A frame without a body.</summary>
    public static ReadOnlyMemory<byte> Plain(FrameKind kind, long id) => new Packer(kind, id, 0).Finish();

    /// <summary>A frame with that body.</summary>
    public static ReadOnlyMemory<byte> Whole(FrameKind kind, long id, byte[] body)
    {
        var packer = new Packer(kind, id, EmptyLength + body.Length);
        body.CopyTo(packer.Room(body.Length));
        packer._length += body.Length;
        return packer.Finish();
    }

    /// <summary>That a request was not done.</summary>
    public static ReadOnlyMemory<byte> Refusal(long id, RefusalKind kind, string why) => new Packer(FrameKind.Refused, id).Byte((byte)kind).Text(why).Finish();

    public Packer Byte(byte value)
    {
        Room(1)[0] = value;
        _length++;
        return this;
    }

    /// <summary>A number that may be negative: zigzag, seven bits a byte.</summary>
    public Packer Number(long value) => Unsigned((ulong)(value << 1) ^ (ulong)(value >> 63));

    /// <summary>How many follow.</summary>
    public Packer Count(int value) => Unsigned((ulong)value);

    public Packer Text(string value)
    {
        var bytes = Encoding.UTF8.GetByteCount(value);
        Count(bytes);
        _length += Encoding.UTF8.GetBytes(value, Room(bytes));
        return this;
    }

    public Packer Bytes(ReadOnlySpan<byte> value)
    {
        Count(value.Length);
        value.CopyTo(Room(value.Length));
        _length += value.Length;
        return this;
    }

    /// <summary>A value for SQLite, with its kind before it.</summary>
    /// <exception cref="ArgumentException">It cannot be stored.</exception>
    public Packer Value(object? value) => value switch
    {
        null => Byte((byte)ValueKind.Null),
        string text => Byte((byte)ValueKind.Text).Text(text),
        long number => Byte((byte)ValueKind.Number).Number(number),
        int number => Byte((byte)ValueKind.Number).Number(number),
        bool truth => Byte((byte)ValueKind.Number).Number(truth ? 1 : 0),
        double real => Byte((byte)ValueKind.Real).Real(real),
        byte[] bytes => Byte((byte)ValueKind.Bytes).Bytes(bytes),
        ReadOnlyMemory<byte> bytes => Byte((byte)ValueKind.Bytes).Bytes(bytes.Span),
        _ => throw new ArgumentException($"a value of type {value.GetType()} cannot be stored; use text, a whole number, a real, bytes or null"),
    };

    public Packer Real(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(Room(sizeof(double)), value);
        _length += sizeof(double);
        return this;
    }

    /// <summary>The frame as it is sent.</summary>
    public ReadOnlyMemory<byte> Finish()
    {
        BinaryPrimitives.WriteInt32LittleEndian(_buffer, _length - sizeof(int));
        return _buffer.AsMemory(0, _length);
    }

    private Packer Unsigned(ulong value)
    {
        var room = Room(10);
        var used = 0;
        for (; value >= 0x80; value >>= 7)
        {
            room[used++] = (byte)(value | 0x80);
        }

        room[used++] = (byte)value;
        _length += used;
        return this;
    }

    private Span<byte> Room(int more)
    {
        var wanted = (long)_length + more;
        if (wanted > Frames.Maximum + sizeof(int))
        {
            throw new ArgumentException($"the transaction, or a row, takes more than {Frames.Maximum} bytes, which is the most; split it");
        }

        if (wanted > _buffer.Length)
        {
            Array.Resize(ref _buffer, (int)Math.Min(Math.Max(wanted, _buffer.Length * 2L), Frames.Maximum + sizeof(int)));
        }

        return _buffer.AsSpan(_length);
    }
}
