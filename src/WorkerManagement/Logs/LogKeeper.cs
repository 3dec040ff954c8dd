using System.IO.Compression;
using System.Threading.Channels;

namespace WorkerManagement.Logs;

/// <summary>
/// What is done to full log files, away from the thread that takes output: they are compressed where that is wanted, and the oldest of all
/// workers go when all together are too large. Files that are written are never touched. A disk that refuses leaves things as they are.
/// </summary>
internal sealed class LogKeeper : IAsyncDisposable
{
    private const string Unfinished = ".gz.tmp";

    private static readonly TimeSpan EndBound = TimeSpan.FromSeconds(2);

    /// <summary>Between two rounds: each looks at every file, and a busy manager rotates often.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly Channel<(string Path, LogLimits Limits)> _rotated = Channel.CreateUnbounded<(string, LogLimits)>(new() { SingleReader = true });
    private readonly CancellationTokenSource _ending = new();
    private readonly string _directory;
    private readonly long _maximumTotal;
    private readonly Task _working;

    /// <param name="directory">Of all workers' logs.</param>
    /// <param name="maximumTotal">Bytes of all files in it.</param>
    public LogKeeper(string directory, long maximumTotal)
    {
        (_directory, _maximumTotal) = (directory, maximumTotal);
        _working = Task.Run(WorkAsync);
    }

    public void Rotated(string path, LogLimits limits) => _rotated.Writer.TryWrite((path, limits));

    /// <summary>Ends within a moment; a file that is being compressed stays as it is.</summary>
    public async ValueTask DisposeAsync()
    {
        _rotated.Writer.TryComplete();
        await _ending.CancelAsync().ConfigureAwait(false);
        try
        {
            await _working.WaitAsync(EndBound).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The disk hangs: ending must not.
            return;
        }

        _ending.Dispose();
    }

    private async Task WorkAsync()
    {
        Try(() => Array.ForEach(Directory.GetFiles(_directory, "*" + Unfinished), File.Delete));
        Try(Bound);
        var due = new Dictionary<string, LogLimits>();
        while (await _rotated.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            // Those that came while the last round took its time are dealt with once.
            while (_rotated.Reader.TryRead(out var one))
            {
                due[one.Path] = one.Limits;
            }

            foreach (var (path, _) in due.Where(one => one.Value.Compress))
            {
                foreach (var full in Series.Rotated(path).Where(full => !full.Compressed && full.Order > 0))
                {
                    Try(() => Compress(full.Path));
                }
            }

            due.Clear();
            Try(Bound);
            await Task.Delay(Rest, TimeProvider.System, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Compress(string path)
    {
        if (_ending.IsCancellationRequested || SeriesReader.TryOpen(path) is not { } raw)
        {
            return;
        }

        var unfinished = path + Unfinished;
        try
        {
            using (raw)
            using (var file = new FileStream(unfinished, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            using (var packed = new GZipStream(file, CompressionLevel.Fastest))
            {
                var buffer = new byte[128 * 1024];
                int count;
                while ((count = raw.Read(buffer)) > 0)
                {
                    _ending.Token.ThrowIfCancellationRequested();
                    packed.Write(buffer, 0, count);
                }
            }

            // Its age is that of what is in it.
            File.SetLastWriteTimeUtc(unfinished, File.GetLastWriteTimeUtc(path));
            File.Move(unfinished, path + ".gz", overwrite: true);
            if (!File.Exists(path))
            {
                // Too old by now: the writer, which deletes both forms, was quicker.
                File.Delete(path + ".gz");
            }

            File.Delete(path);
        }
        catch (OperationCanceledException)
        {
            File.Delete(unfinished);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    private void Bound()
    {
        // A writer removes its oldest meanwhile; Exists reads a file's length and age for good.
        var files = new DirectoryInfo(_directory).GetFiles().Where(file => file.Exists).ToArray();
        var total = files.Sum(file => file.Length);
        foreach (var file in files.Where(file => IsFull(file.Name)).OrderBy(file => file.LastWriteTimeUtc))
        {
            if (total <= _maximumTotal)
            {
                return;
            }

            total -= file.Length;
            file.Delete();
            File.Delete(LogIndex.PathOf(file.FullName.EndsWith(".gz", StringComparison.Ordinal) ? file.FullName[..^3] : file.FullName));
        }
    }

    private static bool IsFull(string name)
    {
        var log = name.LastIndexOf(".log.", StringComparison.Ordinal);
        return log >= 0 && Series.Parse(name[..(log + 4)], name) is not null;
    }

    private static void Try(Action work)
    {
        try
        {
            work();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // No space for a compressed copy, or somebody else removed the file: the next round looks again.
        }
    }
}
