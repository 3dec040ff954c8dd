using System.Buffers.Binary;

namespace CodeAnalysisServer.SqliteQueue.Wire;

/// <summary>One message: what it is, whose it is, and its body.</summary>
internal readonly record struct Frame(FrameKind Kind, long Id, ReadOnlyMemory<byte> Body);

/// <summary>
/// The wire. Each side says hello first: 'C', 'Q', the version. Then frames: length of the rest (4 bytes, little-endian), kind (1), id (8),
/// body. Numbers in a body are variable in length, texts and bytes have their length before them.
/// </summary>
internal static class Frames
{
    /// <summary>The version of this wire; both sides are the same program, so another one means an old process.</summary>
    public const byte Version = 2;

    /// <summary>The largest frame in bytes: one transaction must fit.</summary>
    public const int Maximum = 64 * 1024 * 1024;

    /// <summary>About as many bytes of rows go into a frame; a single row may be larger.</summary>
    public const int Rows = 64 * 1024;

    /// <summary>Kind and id, which every frame has.</summary>
    public const int Overhead = 9;

    private static readonly byte[] Greeting = [(byte)'C', (byte)'Q', Version, 0];

    /// <summary>What each side says first.</summary>
    public static ReadOnlyMemory<byte> Hello => Greeting;

    /// <summary>Reads the other side's hello.</summary>
    /// <exception cref="InvalidDataException">It speaks something else.</exception>
    /// <exception cref="EndOfStreamException">It left.</exception>
    public static async Task HearHelloAsync(Stream stream, CancellationToken cancellationToken)
    {
        var hello = new byte[Greeting.Length];
        await stream.ReadExactlyAsync(hello, cancellationToken).ConfigureAwait(false);
        if (!hello.AsSpan().SequenceEqual(Greeting))
        {
            throw new InvalidDataException(hello.AsSpan(0, 2).SequenceEqual(Greeting.AsSpan(0, 2))
                ? $"the other side speaks version {hello[2]} of the queue's protocol, this one {Version}; restart the server, so that all its workers are of one build"
                : "the other side does not speak the queue's protocol");
        }
    }
}

/// <summary>Takes frames from a stream, many small ones from one read. For one reader at a time.</summary>
internal sealed class FrameReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _from;
    private int _to;

    /// <summary>The next frame; null at the end.</summary>
    /// <exception cref="EndOfStreamException">The other side left in the middle of a frame.</exception>
    /// <exception cref="InvalidDataException">The length makes no sense; the connection is of no use any more.</exception>
    public async ValueTask<Frame?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(sizeof(int), cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(_from));
        if (length is < Frames.Overhead or > Frames.Maximum)
        {
            throw new InvalidDataException($"a frame of {(uint)length} bytes; {Frames.Maximum} is the most");
        }

        await FillAsync(sizeof(int) + Frames.Overhead, cancellationToken).ConfigureAwait(false);
        var kind = (FrameKind)_buffer[_from + sizeof(int)];
        var id = BinaryPrimitives.ReadInt64LittleEndian(_buffer.AsSpan(_from + sizeof(int) + 1));
        _from += sizeof(int) + Frames.Overhead;
        var body = GC.AllocateUninitializedArray<byte>(length - Frames.Overhead);
        var there = Math.Min(body.Length, _to - _from);
        _buffer.AsSpan(_from, there).CopyTo(body);
        _from += there;
        await stream.ReadExactlyAsync(body.AsMemory(there), cancellationToken).ConfigureAwait(false);
        return new(kind, id, body);
    }

    private async ValueTask<bool> FillAsync(int wanted, CancellationToken cancellationToken)
    {
        if (_to - _from >= wanted)
        {
            return true;
        }

        _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
        (_from, _to) = (0, _to - _from);
        while (_to < wanted)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(_to), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return _to == 0 ? false : throw new EndOfStreamException("the other side left in the middle of a frame");
            }

            _to += read;
        }

        return true;
    }
}
