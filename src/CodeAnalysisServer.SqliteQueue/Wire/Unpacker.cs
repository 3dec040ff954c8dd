using System.Buffers.Binary;
using System.Text;

namespace CodeAnalysisServer.SqliteQueue.Wire;

/// <summary>How a value is stored.</summary>
internal enum ValueKind : byte
{
    Null = 0,
    Number = 1,
    Real = 2,
    Text = 3,
    Bytes = 4,
}

/// <summary>Reads a frame's body; every length is checked against what is there.</summary>
internal ref struct Unpacker(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    public readonly bool AtEnd => _rest.IsEmpty;

    public byte Byte() => Take(1)[0];

    public long Number()
    {
        var value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A number that is not negative.</summary>
    public long Plain() => (long)Unsigned();

    /// <summary>How many follow; each takes a byte at least.</summary>
    public int Count()
    {
        var value = Unsigned();
        return value <= (ulong)_rest.Length ? (int)value : throw Nonsense($"{value} of something in {_rest.Length} bytes");
    }

    /// <summary>The number of one of several things.</summary>
    public int Index(int of)
    {
        var value = Unsigned();
        return value < (ulong)of ? (int)value : throw Nonsense($"number {value} of {of}");
    }

    /// <summary>A length of time in milliseconds; null for none.</summary>
    public TimeSpan? Time()
    {
        var value = Unsigned();
        return value switch
        {
            0 => null,
            <= int.MaxValue => TimeSpan.FromMilliseconds(value),
            _ => throw Nonsense($"a time of {value} ms"),
        };
    }

    public ReadOnlySpan<byte> Bytes() => Take(Count());

    public string Text() => Encoding.UTF8.GetString(Bytes());

    public double Real() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

    public ValueKind Kind() => Byte() is <= (byte)ValueKind.Bytes and var kind ? (ValueKind)kind : throw Nonsense("a value of an unknown kind");

    public object? Value() => Kind() switch
    {
        ValueKind.Null => null,
        ValueKind.Number => Number(),
        ValueKind.Real => Real(),
        ValueKind.Text => Text(),
        _ => Bytes().ToArray(),
    };

    /// <summary>Passes over a value.</summary>
    public void Skip()
    {
        switch (Kind())
        {
            case ValueKind.Number:
                Unsigned();
                break;
            case ValueKind.Real:
                Take(sizeof(double));
                break;
            case ValueKind.Text or ValueKind.Bytes:
                Bytes();
                break;
        }
    }

    public static InvalidDataException Nonsense(string what) => new($"a frame makes no sense: {what}");

    private ulong Unsigned()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Nonsense("a number of more than ten bytes");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw Nonsense($"it ends {count - _rest.Length} bytes early");
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
