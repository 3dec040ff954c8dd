using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace WorkerManagement.Logs;

// A reader knows the number of the file that it finished last. What comes next is the full file with the next larger number, or, when there is
// none, the file that is written. A file is renamed before its successor is made, so whoever opened the written one and then finds a full
// one that it does not know has opened too new a file. And what is renamed is written no more: a read that follows such a look is the last.

/// <summary>Reads a <see cref="Series"/> block by block, from a place on, and follows it across rotations.</summary>
internal static class SeriesReader
{
    private const int BlockSize = 64 * 1024;

    /// <summary>A piece of one file. The memory is good until the next one is asked for.</summary>
    /// <param name="File">What the file is called; the written one's name while it is written.</param>
    /// <param name="Opened">Differs between two files.</param>
    /// <param name="Offset">Where in the (uncompressed) file it stands.</param>
    /// <param name="Data">The bytes; none when a reader that follows has seen all that is there.</param>
    internal readonly record struct Block(string File, int Opened, long Offset, ReadOnlyMemory<byte> Data);

    /// <summary>Where to begin.</summary>
    /// <param name="After">The number of the last file that is not wanted.</param>
    /// <param name="Offset">The first byte that is wanted of the first file that is.</param>
    internal readonly record struct Place(long After, long Offset)
    {
        public static Place Beginning { get; } = new(long.MinValue, 0);
    }

    public static async IAsyncEnumerable<Block> ReadAsync(string path, Place from, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Before the first look, so that nothing is missed in between.
        using var watch = follow ? new SeriesWatch(path) : null;
        // A capsule is written for each abnormal end: in a storm of them such blocks would be most of the garbage.
        using var block = MemoryPool<byte>.Shared.Rent(BlockSize);
        var buffer = block.Memory;
        var (done, offset, opened) = (from.After, from.Offset, 0);
        while (true)
        {
            if (Open(path, done) is var (stream, handle, name, order) && stream is not null)
            {
                await using (stream.ConfigureAwait(false))
                {
                    var position = await SkipAsync(stream, buffer, offset, cancellationToken).ConfigureAwait(false);
                    (offset, opened) = (0, opened + 1);
                    while (true)
                    {
                        var last = order is not null || !IsWritten(handle!, path, ref done);
                        int count;
                        while ((count = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                        {
                            yield return new(name, opened, position, buffer[..count]);
                            position += count;
                        }

                        if (last)
                        {
                            done = order ?? done;
                            break;
                        }

                        if (!follow)
                        {
                            yield break;
                        }

                        // Everything that is there has been seen.
                        yield return new(name, opened, position, default);
                        await watch!.WaitAsync(cancellationToken).ConfigureAwait(false);
                    }
                }
            }
            else if (!follow)
            {
                yield break;
            }
            else
            {
                yield return new(path, opened, 0, default);
                await watch!.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Opens one file for reading, whoever writes, renames or deletes it.</summary>
    public static FileStream? TryOpen(string path)
    {
        try
        {
            return new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>A full file's bytes as they were written.</summary>
    public static Stream? TryOpen(Series.Full full) => TryOpen(full.Path) is not { } file ? null : full.Compressed ? new GZipStream(file, CompressionMode.Decompress) : file;

    private static (Stream? Stream, SafeFileHandle? Handle, string Name, long? Order) Open(string path, long done)
    {
        while (true)
        {
            if (Series.Rotated(path).Find(full => full.Order > done) is { } next)
            {
                if (TryOpen(next) is { } stream)
                {
                    return (stream, null, next.Path, next.Order);
                }

                // Compressed or deleted meanwhile: what is there now decides.
                continue;
            }

            var written = TryOpen(path);
            if (!Series.Rotated(path).Exists(full => full.Order > done))
            {
                return (written, written?.SafeFileHandle, path, null);
            }

            written?.Dispose();
        }
    }

    /// <summary>
    /// What the kernel calls an open file by now, without its directory (which may be reached by links): it changes with a rotation, and has a mark
    /// at its end once the file is deleted.
    /// </summary>
    public static string? NameOf(SafeFileHandle handle) => NameOf((int)handle.DangerousGetHandle());

    /// <summary>The same of a descriptor.</summary>
    public static string? NameOf(int descriptor) => Path.GetFileName(new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}")).LinkTarget);

    private static bool IsWritten(SafeFileHandle handle, string path, ref long done)
    {
        var (name, written) = (NameOf(handle), Path.GetFileName(path));
        if (name is null || name == written)
        {
            return true;
        }

        const string Deleted = " (deleted)";
        done = Series.Parse(written, name.EndsWith(Deleted, StringComparison.Ordinal) ? name[..^Deleted.Length] : name)?.Order ?? done;
        return false;
    }

    private static async Task<long> SkipAsync(Stream stream, Memory<byte> buffer, long offset, CancellationToken cancellationToken)
    {
        if (stream is FileStream file)
        {
            file.Position = Math.Min(offset, file.Length);
            return file.Position;
        }

        var skipped = 0L;
        int count;
        while (skipped < offset && (count = await stream.ReadAsync(buffer[..(int)Math.Min(buffer.Length, offset - skipped)], cancellationToken).ConfigureAwait(false)) > 0)
        {
            skipped += count;
        }

        return skipped;
    }
}
