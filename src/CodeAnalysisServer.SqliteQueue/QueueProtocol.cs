using System.Buffers.Binary;
using System.Text.Json.Serialization;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>One statement with its parameters $1, $2 … Values are text, whole numbers, reals, bytes or null.</summary>
public sealed record Statement(string Sql, IReadOnlyList<object?> Arguments);

/// <summary>What a transaction did: per statement the rows changed and the last row id.</summary>
public sealed record QueueResult(IReadOnlyList<int> Changed, IReadOnlyList<long> LastRowIds);

internal sealed record QueueRequest(long Id, IReadOnlyList<QueueStatement> Statements);

internal sealed record QueueStatement(string Sql, IReadOnlyList<QueueValue> Arguments);

/// <summary>Exactly one is set; none is NULL.</summary>
internal sealed record QueueValue(string? Text = null, long? Number = null, double? Real = null, byte[]? Blob = null);

internal sealed record QueueReply(long Id, string? Error, IReadOnlyList<int>? Changed, IReadOnlyList<long>? LastRowIds);

[JsonSerializable(typeof(QueueRequest))]
[JsonSerializable(typeof(QueueReply))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class QueueJson : JsonSerializerContext;

/// <summary>Frames: length (4 bytes, little-endian), then JSON.</summary>
internal static class QueueFrames
{
    /// <summary>The largest frame: one transaction must fit.</summary>
    public const int Maximum = 64 * 1024 * 1024;

    public static async Task WriteAsync(Stream stream, byte[] json, CancellationToken cancellationToken)
    {
        var frame = new byte[4 + json.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, json.Length);
        json.CopyTo(frame, 4);
        await stream.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The next frame; null at the end.</summary>
    public static async Task<byte[]?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var header = new byte[4];
        if (await stream.ReadAtLeastAsync(header, 4, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) < 4)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length is < 0 or > Maximum)
        {
            throw new InvalidDataException($"a frame of {length} bytes; {Maximum} is the most");
        }

        var json = new byte[length];
        await stream.ReadExactlyAsync(json, cancellationToken).ConfigureAwait(false);
        return json;
    }
}
