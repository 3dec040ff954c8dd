using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using WorkerManagement.Posix;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>What a file is for the index.</summary>
internal abstract record FileContent
{
    private const int MaximumSize = SourceTree.MaximumSize;

    private FileContent()
    {
    }

    /// <summary>Text, and what decides whether it changed.</summary>
    public sealed record Readable(string Text, string Hash, long Size) : FileContent;

    /// <summary>Not to be in the index, and why.</summary>
    public sealed record LeftOut(string Why) : FileContent;

    /// <summary>Not there, or a link: the target is indexed where it is.</summary>
    public sealed record Absent : FileContent;

    /// <summary>Reads it. Never waits for another process (a FIFO), never follows a link.</summary>
    public static FileContent Read(string path)
    {
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists || info.LinkTarget is not null)
            {
                return new Absent();
            }

            if (info.Length > MaximumSize)
            {
                return new LeftOut("too large");
            }

            using var handle = Open(path);
            var content = new byte[RandomAccess.GetLength(handle)];
            var length = 0;
            while (length < content.Length && RandomAccess.Read(handle, content.AsSpan(length), length) is > 0 and var read)
            {
                length += read;
            }

            // Grown since the look at its size; the event of that is on its way.
            return content.Length > MaximumSize ? new LeftOut("too large") : Decode(content.AsSpan(0, length));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Absent();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PosixException)
        {
            return new LeftOut("unreadable");
        }
        catch (NotSupportedException)
        {
            return new LeftOut("no regular file");
        }
    }

    private static FileContent Decode(ReadOnlySpan<byte> content) => TextDecoder.TryDecode(content) is { } text
        ? new Readable(text, Convert.ToHexStringLower(SHA256.HashData(content)), content.Length)
        : new LeftOut("binary");

    // O_NONBLOCK: the open of a FIFO without a writer would wait for ever.
    private static SafeFileHandle Open(string path) => new(Descriptors.Open(path, Descriptors.ReadOnly | Descriptors.NonBlocking), ownsHandle: true);
}
