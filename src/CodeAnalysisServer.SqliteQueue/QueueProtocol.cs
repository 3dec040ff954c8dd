using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>One statement with its parameters $1, $2 … Values are text, whole numbers, reals, bytes or null.</summary>
public sealed record Statement(string Sql, IReadOnlyList<object?> Arguments);

/// <summary>What a transaction did: per statement the rows changed and the last row id.</summary>
public sealed record QueueResult(IReadOnlyList<int> Changed, IReadOnlyList<long> LastRowIds);

/// <summary>No statements: from now on a note (a reply with the id 0) after each commit, many commits in one note when they come fast.</summary>
internal sealed record QueueRequest(long Id, IReadOnlyList<QueueStatement>? Statements);

internal sealed record QueueStatement(string Sql, IReadOnlyList<QueueValue> Arguments);

/// <summary>Exactly one is set; none is NULL.</summary>
internal sealed record QueueValue(string? Text = null, long? Number = null, double? Real = null, byte[]? Blob = null)
{
    [JsonIgnore]
    public object? Value => (object?)Text ?? (object?)Number ?? (object?)Real ?? Blob;
}

internal sealed record QueueReply(long Id, string? Error = null, IReadOnlyList<int>? Changed = null, IReadOnlyList<long>? LastRowIds = null)
{
    /// <summary>The note that something was committed.</summary>
    public static QueueReply Committed { get; } = new(0);
}

[JsonSerializable(typeof(QueueRequest))]
[JsonSerializable(typeof(QueueReply))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class QueueJson : JsonSerializerContext
{
    /// <summary>Escapes only what JSON itself demands: between two processes nothing else reads it, and most of it is source text.</summary>
    public static QueueJson Plain { get; } = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });
}

/// <summary>Frames: length (4 bytes, little-endian), then JSON.</summary>
internal static class QueueFrames
{
    /// <summary>The largest frame in bytes: one transaction must fit.</summary>
    public const int Maximum = 64 * 1024 * 1024;

    public static async Task WriteAsync(Stream stream, byte[] json, CancellationToken cancellationToken)
    {
        var frame = new byte[4 + json.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, json.Length);
        json.CopyTo(frame, 4);
        await stream.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The next frame; null at the end.</summary>
    /// <exception cref="EndOfStreamException">The other side left in the middle of a frame.</exception>
    /// <exception cref="InvalidDataException">The length makes no sense; the connection is of no use any more.</exception>
    public static async Task<byte[]?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var header = new byte[4];
        var read = await stream.ReadAtLeastAsync(header, 4, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read == 0)
        {
            return null;
        }

        if (read < 4)
        {
            throw new EndOfStreamException("the other side left in the middle of a frame's length");
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length is < 0 or > Maximum)
        {
            throw new InvalidDataException($"a frame of {(uint)length} bytes; {Maximum} is the most");
        }

        var json = new byte[length];
        await stream.ReadExactlyAsync(json, cancellationToken).ConfigureAwait(false);
        return json;
    }
}
