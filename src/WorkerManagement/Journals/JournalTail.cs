using System.Text.Json;
using WorkerManagement.Logs;

namespace WorkerManagement.Journals;

/// <summary>Where a journal goes on.</summary>
internal static class JournalTail
{
    /// <summary>The number of the last record that can be read, and whether the file's last line was cut off.</summary>
    public static (long Sequence, bool Torn) Of(string path)
    {
        var (sequence, torn) = File.Exists(path) ? Read(path) : (0, false);
        return sequence > 0 || Series.Rotated(path) is not [.., var newest] ? (sequence, torn) : (Read(newest.Path).Sequence, torn);
    }

    // A line can be long (a snapshot of thousands of workers): the window grows until a whole one is in it.
    private static (long Sequence, bool Torn) Read(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var length = RandomAccess.GetLength(file);
        var torn = false;
        for (var window = Math.Min(length, 64 * 1024L); window > 0; window = Math.Min(length, window * 8))
        {
            var bytes = new byte[window];
            var tail = bytes.AsSpan(0, RandomAccess.Read(file, bytes, length - window));
            torn = tail.Length > 0 && tail[^1] != (byte)'\n';
            for (var end = tail.LastIndexOf((byte)'\n'); end > 0; end = tail[..end].LastIndexOf((byte)'\n'))
            {
                var start = tail[..end].LastIndexOf((byte)'\n') + 1;
                if ((start > 0 || window == length) && SequenceOf(tail[start..end]) is { } sequence)
                {
                    return (sequence, torn);
                }
            }

            if (window == length)
            {
                break;
            }
        }

        return (0, torn);
    }

    private static long? SequenceOf(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            return reader.Read() && reader.Read() && reader.ValueTextEquals("seq"u8) && reader.Read() && reader.TryGetInt64(out var sequence) ? sequence : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Damaged: an earlier line knows.
            return null;
        }
    }
}
