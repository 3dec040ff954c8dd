using System.Buffers.Binary;
using System.Text;

namespace CodeAnalysisServer.Tests;

/// <summary>
/// A tiny model as the bytes of its protobuf (onnx.proto3): each token has a row in a table. With <see cref="Whole"/> it answers their
/// mean, a vector a text; without, a vector a token.
/// </summary>
internal sealed record OnnxModel(int Dimensions)
{
    public static readonly string[] Vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "okapi", "zebra", "qua", "##gga", "eats", "grass", "é"];

    private const int Float = 1, Int32 = 6, Int64 = 7;

    public bool Whole { get; init; }

    public bool Narrow { get; init; }

    public string[] Inputs { get; init; } = ["input_ids", "attention_mask", "token_type_ids"];

    /// <summary>How many texts and tokens it wants; free when null.</summary>
    public (int Texts, int Tokens)? Fixed { get; init; }

    /// <summary>Changes every number.</summary>
    public int Seed { get; init; } = 1;

    public int Rows { get; init; } = Vocabulary.Length;

    /// <summary>The table's row of a token.</summary>
    public float[] Row(string token) => Row(Array.IndexOf(Vocabulary, token));

    public float[] Row(int token)
    {
        var random = new Random((Seed * 1000) + token);
        return [.. Enumerable.Range(0, Dimensions).Select(_ => random.NextSingle() - 0.5f)];
    }

    /// <summary>Puts the model, and its vocabulary, into a directory.</summary>
    public async Task WriteAsync(string directory)
    {
        Directory.CreateDirectory(directory);
        await File.WriteAllBytesAsync(Path.Combine(directory, "model.onnx"), Bytes(), TestContext.Current.CancellationToken);
        await File.WriteAllLinesAsync(Path.Combine(directory, "vocab.txt"), Vocabulary, TestContext.Current.CancellationToken);
    }

    public byte[] Bytes()
    {
        var table = new byte[Rows * Dimensions * 4];
        for (var i = 0; i < Rows * Dimensions; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(table.AsSpan(i * 4), Row(i / Dimensions)[i % Dimensions]);
        }

        byte[] initializer = [.. Number(1, Rows), .. Number(1, Dimensions), .. Number(2, Float), .. Text(8, "table"), .. Part(9, table)];
        byte[] gather = [.. Text(1, "table"), .. Text(1, Inputs[0]), .. Text(2, "last_hidden_state"), .. Text(4, "Gather")];
        byte[] mean = [.. Text(1, "last_hidden_state"), .. Text(2, "sentence_embedding"), .. Text(4, "ReduceMean"),
            .. Part(5, [.. Text(1, "axes"), .. Number(8, 1), .. Number(20, 7)]), .. Part(5, [.. Text(1, "keepdims"), .. Number(3, 0), .. Number(20, 2)])];
        byte[] graph =
        [
            .. Part(1, gather), .. Whole ? Part(1, mean) : [], .. Text(2, "tiny"), .. Part(5, initializer),
            .. Inputs.SelectMany(input => Part(11, Value(input, Narrow ? Int32 : Int64, Fixed?.Texts, Fixed?.Tokens))),
            .. Part(12, Value("last_hidden_state", Float, Fixed?.Texts, Fixed?.Tokens, Dimensions)),
            .. Whole ? Part(12, Value("sentence_embedding", Float, Fixed?.Texts, Dimensions)) : [],
        ];
        return [.. Number(1, 8), .. Part(7, graph), .. Part(8, [.. Text(1, ""), .. Number(2, 13)])];
    }

    private static byte[] Value(string name, int type, params int?[] shape) =>
        [.. Text(1, name), .. Part(2, Part(1, [.. Number(1, type), .. Part(2, [.. shape.SelectMany((size, i) => Part(1, size is { } known ? Number(1, known) : Text(2, $"d{i}")))])]))];

    private static byte[] Text(int field, string text) => Part(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Part(int field, byte[] content) => [.. Varint((field << 3) | 2), .. Varint(content.Length), .. content];

    private static byte[] Number(int field, int value) => [.. Varint(field << 3), .. Varint(value)];

    private static IEnumerable<byte> Varint(int value)
    {
        for (; value > 127; value >>= 7)
        {
            yield return (byte)(value | 128);
        }

        yield return (byte)value;
    }
}
