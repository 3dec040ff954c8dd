namespace CodeAnalysisServer.SqliteQueue.Wire;

/// <summary>
/// Statements on the wire: the deadline, each text once, then the statements with the number of their text and their values. The queue
/// binds the values from the frame itself.
/// </summary>
internal static class TransactionBody
{
    // What a number or the length of something takes, with its kind: mostly less.
    private const int OfNumber = 6;

    /// <summary>Packs them.</summary>
    public static ReadOnlyMemory<byte> Pack(FrameKind kind, long id, IReadOnlyList<Statement> statements, TimeSpan? deadline)
    {
        var texts = new Dictionary<string, int>();
        foreach (var statement in statements)
        {
            texts.TryAdd(statement.Sql, texts.Count);
        }

        var packer = new Packer(kind, id, Estimate(texts.Keys, statements)).Count(Milliseconds(deadline)).Count(texts.Count);
        foreach (var text in texts.Keys)
        {
            packer.Text(text);
        }

        packer.Count(statements.Count);
        foreach (var statement in statements)
        {
            packer.Count(texts[statement.Sql]);
            PackValues(packer, statement);
        }

        return packer.Finish();
    }

    /// <summary>Packs a statement that reads.</summary>
    public static ReadOnlyMemory<byte> PackQuery(FrameKind kind, long id, Statement statement, TimeSpan? deadline)
    {
        var packer = new Packer(kind, id).Count(Milliseconds(deadline)).Text(statement.Sql);
        PackValues(packer, statement);
        return packer.Finish();
    }

    /// <summary>Walks the whole body, so that nothing is executed of one that makes no sense. Its deadline.</summary>
    /// <exception cref="InvalidDataException">It makes none.</exception>
    public static TimeSpan? Check(ReadOnlySpan<byte> body)
    {
        var reader = new Unpacker(body);
        var deadline = reader.Time();
        var texts = reader.Count();
        for (var i = 0; i < texts; i++)
        {
            reader.Bytes();
        }

        for (var left = reader.Count(); left > 0; left--)
        {
            reader.Index(texts);
            SkipValues(ref reader);
        }

        return reader.AtEnd ? deadline : throw Unpacker.Nonsense("bytes after its end");
    }

    /// <summary>As <see cref="Check"/>, for a statement that reads.</summary>
    public static TimeSpan? CheckQuery(ReadOnlySpan<byte> body)
    {
        var reader = new Unpacker(body);
        var deadline = reader.Time();
        reader.Bytes();
        SkipValues(ref reader);
        return reader.AtEnd ? deadline : throw Unpacker.Nonsense("bytes after its end");
    }

    // As long as it gets when its texts are ASCII.
    private static long Estimate(IEnumerable<string> texts, IReadOnlyList<Statement> statements)
    {
        long bytes = 64;
        foreach (var text in texts)
        {
            bytes += OfNumber + text.Length;
        }

        foreach (var statement in statements)
        {
            bytes += OfNumber;
            for (var i = 0; i < statement.Arguments.Count; i++)
            {
                bytes += OfNumber + statement.Arguments[i] switch { string text => text.Length, byte[] value => value.Length, ReadOnlyMemory<byte> value => value.Length, _ => 0 };
            }
        }

        return bytes;
    }

    private static void PackValues(Packer packer, Statement statement)
    {
        if (statement.Named is { } named)
        {
            packer.Byte(1).Count(named.Count);
            foreach (var (name, value) in named)
            {
                packer.Text(name).Value(value);
            }

            return;
        }

        packer.Byte(0).Count(statement.Arguments.Count);
        for (var i = 0; i < statement.Arguments.Count; i++)
        {
            packer.Value(statement.Arguments[i]);
        }
    }

    private static void SkipValues(ref Unpacker reader)
    {
        var named = reader.Byte() != 0;
        for (var left = reader.Count(); left > 0; left--)
        {
            if (named)
            {
                reader.Bytes();
            }

            reader.Skip();
        }
    }

    // 0 is none on the wire.
    private static int Milliseconds(TimeSpan? deadline) => deadline is { } time ? (int)Math.Clamp(time.TotalMilliseconds, 1, int.MaxValue) : 0;
}
