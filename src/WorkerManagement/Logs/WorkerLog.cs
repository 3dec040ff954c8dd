using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace WorkerManagement.Logs;

/// <summary>
/// Reads what a worker wrote: raw bytes, across the rotated files <c>NAME.log.N</c> … <c>NAME.log.1</c> and <c>NAME.log</c>, oldest first.
/// Only files are read: a slow reader holds up nobody, and no manager needs to run. Thread-safe.
/// </summary>
public sealed class WorkerLog
{
    private const int BlockSize = 64 * 1024, MostBlocks = 16;

    private readonly string _directory;
    private readonly string _path;

    /// <param name="logDirectory">As <see cref="WorkerManager.LogDirectory"/>.</param>
    /// <param name="worker">The worker's name.</param>
    public WorkerLog(string logDirectory, string worker)
    {
        _directory = Path.GetFullPath(logDirectory);
        _path = Path.Combine(_directory, worker + ".log");
        Exists = File.Exists(_path);
    }

    /// <summary>Whether the worker had written anything when this was made.</summary>
    public bool Exists { get; }

    /// <summary>
    /// The last lines, then, when followed, everything that comes, across rotations and restarts of worker and manager. The memory is good until
    /// the next block is asked for.
    /// </summary>
    /// <param name="lines">How many lines back to begin; null for all that is kept.</param>
    /// <param name="follow">Whether to wait for more at the end.</param>
    /// <param name="cancellationToken">Ends a reader that follows.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read by this user.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(int? lines, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        // Before the first look, so that nothing is missed in between.
        using var watcher = follow ? Watch(news.Writer) : null;
        var buffer = new byte[BlockSize];
        var (file, position) = Begin(lines, buffer);
        try
        {
            while (true)
            {
                // Asked before the read: what is renamed is written no more, so a read after it is the last one.
                var next = file is null ? _path : Next(file);
                int count;
                while (file is not null && (count = await RandomAccess.ReadAsync(file, buffer, position, cancellationToken).ConfigureAwait(false)) > 0)
                {
                    position += count;
                    yield return buffer.AsMemory(0, count);
                }

                if (next is not null && TryOpen(next) is { } following)
                {
                    file?.Dispose();
                    (file, position) = (following, 0);
                }
                else if (!follow)
                {
                    yield break;
                }
                else
                {
                    await news.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>The last lines as text, the oldest first; of very long ones only what stands in the last mebibyte.</summary>
    /// <param name="lines">How many at most.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read by this user.</exception>
    public async Task<IReadOnlyList<string>> LastLinesAsync(int lines, CancellationToken cancellationToken = default)
    {
        var blocks = new Queue<byte[]>();
        await foreach (var block in ReadAsync(lines, follow: false, cancellationToken).ConfigureAwait(false))
        {
            blocks.Enqueue(block.ToArray());
            if (blocks.Count > MostBlocks)
            {
                blocks.Dequeue();
            }
        }

        var text = Encoding.UTF8.GetString([.. blocks.SelectMany(block => block)]);
        return text.Length == 0 ? [] : [.. (text[^1] == '\n' ? text[..^1] : text).Split('\n').TakeLast(lines)];
    }

    private FileSystemWatcher Watch(ChannelWriter<bool> news)
    {
        var watcher = new FileSystemWatcher(_directory, Path.GetFileName(_path) + "*") { NotifyFilter = NotifyFilters.Size | NotifyFilters.LastWrite | NotifyFilters.FileName };
        watcher.Changed += (_, _) => news.TryWrite(true);
        watcher.Created += (_, _) => news.TryWrite(true);
        watcher.Renamed += (_, _) => news.TryWrite(true);
        watcher.Error += (_, _) => news.TryWrite(true);
        watcher.EnableRaisingEvents = true;
        return watcher;
    }

    // From the newest file back, until enough ends of lines were passed.
    private (SafeFileHandle? File, long Position) Begin(int? lines, byte[] buffer)
    {
        SafeFileHandle? oldest = null;
        var wanted = lines;
        for (var number = 0; TryOpen(PathOf(number)) is { } file; number++)
        {
            oldest?.Dispose();
            oldest = file;
            if (wanted is not null && Back(file, ref wanted, number == 0, buffer) is { } position)
            {
                return (file, position);
            }
        }

        return (oldest, 0);
    }

    // Where the wanted number of last lines begins; null when the file has fewer. The last line's own end counts for none.
    private static long? Back(SafeFileHandle file, ref int? wanted, bool newest, byte[] buffer)
    {
        var end = RandomAccess.GetLength(file);
        if (wanted == 0)
        {
            return end;
        }

        var skip = newest;
        for (var to = end; to > 0;)
        {
            var from = Math.Max(0, to - buffer.Length);
            var count = RandomAccess.Read(file, buffer.AsSpan(0, (int)(to - from)), from);
            for (var i = count - 1; i >= 0; i--)
            {
                if (buffer[i] == (byte)'\n' && !(skip && from + i == end - 1) && --wanted == 0)
                {
                    return from + i + 1;
                }
            }

            to = from;
        }

        return null;
    }

    // The file that follows this one, by the name that the kernel knows it by now; null while it is the newest.
    private string? Next(SafeFileHandle file)
    {
        var name = new FileInfo($"/proc/self/fd/{file.DangerousGetHandle()}").LinkTarget;
        return name == _path ? null
            : name?.Length > _path.Length + 1 && int.TryParse(name.AsSpan(_path.Length + 1), out var number) ? PathOf(number - 1)
            : _path;
    }

    private string PathOf(int number) => number == 0 ? _path : $"{_path}.{number}";

    private static SafeFileHandle? TryOpen(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
