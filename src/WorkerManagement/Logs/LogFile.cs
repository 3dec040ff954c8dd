using WorkerManagement.Posix;

namespace WorkerManagement.Logs;

// The log is the raw bytes, in the order in which they were read; which pipe, which run and when stands in the index beside it, with a mark
// where one of these changes, the time every 5 ms at most: nothing of a line is looked at here.
//
// A disk that fails loses output, never supervision: what comes is dropped and counted, and a second later the next try is made. Where output
// is missing, a mark says how much.

/// <summary>One worker's output on disk, rotated by size and age. Thread-safe; a closed one opens again when something comes.</summary>
internal sealed class LogFile(string path, LogLimits limits, TimeProvider? time = null, LogKeeper? keeper = null) : IDisposable
{
    private const long Resolution = 5_000, Pause = 1_000_000, LookEvery = 1_000_000;
    private const int Mode = 0x180;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private Queue<long>? _full;
    private int _file = -1;
    private int _index = -1;
    private long _length;
    private long _begun;
    private long _looked;
    private long _failedAt;
    private long _untold;
    private LogMark? _mark;

    /// <summary>Bytes that could not be written.</summary>
    public long Dropped { get; private set; }

    /// <summary>Bytes that were.</summary>
    public long Written { get; private set; }

    /// <summary>What the disk said, while it refuses; null while it takes.</summary>
    public string? Failure { get; private set; }

    public void Append(ReadOnlySpan<byte> data, LogStream stream = LogStream.Unknown, long run = 0)
    {
        var now = LogMark.MicrosecondsOf(_time.GetUtcNow());
        lock (_gate)
        {
            if (Failure is not null && now - _failedAt is >= 0 and < Pause)
            {
                Drop(data.Length);
                return;
            }

            try
            {
                Write(ref data, stream, run, now);
                Failure = null;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PosixException)
            {
                Drop(data.Length);
                (Failure, _failedAt) = (exception.Message, now);
                Close();
            }
        }
    }

    public void Dispose()
    {
        // A descriptor that is closed while another thread writes to it may be somebody else's by then.
        lock (_gate)
        {
            Close();
        }
    }

    private void Close()
    {
        Descriptors.Close(_file);
        Descriptors.Close(_index);
        (_file, _index) = (-1, -1);
    }

    private void Drop(int count)
    {
        Dropped += count;
        _untold += count;
    }

    private void Write(ref ReadOnlySpan<byte> data, LogStream stream, long run, long now)
    {
        if (_file < 0 || (now - _looked > LookEvery && !IsThere(now)))
        {
            Open(now);
        }

        if (_length > 0 && (_length + data.Length > limits.MaximumSize || (limits.MaximumAge is { } age && now - _begun > age.TotalMicroseconds)))
        {
            Rotate(now);
        }

        if (_untold > 0)
        {
            Mark(new(_length, now, LogStream.Lost, _untold));
            _untold = 0;
        }

        if (_mark is not { } mark || mark.Stream != stream || mark.Value != run || now - mark.Microseconds is < 0 or >= Resolution)
        {
            Mark(new(_length, now, stream, run));
        }

        while (data.Length > 0)
        {
            var count = Descriptors.Write(_file, data);
            if (count < 0)
            {
                throw new PosixException(Descriptors.LastError, $"write '{path}'");
            }

            _length += count;
            Written += count;
            data = data[count..];
        }
    }

    private void Mark(LogMark mark)
    {
        Span<byte> bytes = stackalloc byte[LogMark.Size];
        mark.Encode(bytes);
        _mark = null;
        if (Descriptors.Write(_index, bytes) != bytes.Length)
        {
            throw new PosixException(Descriptors.LastError, $"write '{LogIndex.PathOf(path)}'");
        }

        _mark = mark;
    }

    // Somebody may have taken the file, or its directory, away.
    private bool IsThere(long now)
    {
        _looked = now;
        return SeriesReader.NameOf(_file) == Path.GetFileName(path);
    }

    private void Open(long now)
    {
        Close();
        var directory = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(directory) && Directory.Exists(Path.GetDirectoryName(directory)))
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        _full = null;
        MendInterruptedRotation();
        OpenBoth();
        _looked = now;
        _length = new FileInfo(path).Length;

        // A reader counts in whole marks; a torn one is cut off. Marks of a log that somebody emptied or took away are nobody's.
        var index = new FileInfo(LogIndex.PathOf(path)).Length;
        index -= index % LogMark.Size;
        Descriptors.Truncate(_index, index > 0 && MarkAt(index - LogMark.Size)?.Offset > _length ? 0 : index);
        _begun = _length == 0 ? now : Math.Min(now, MarkAt(0)?.Microseconds ?? now);
    }

    // Looked for when it is needed and no sooner: to find them takes a look at every file of every worker.
    private Queue<long> Full() => _full ??= new(Series.Rotated(path).Select(full => full.Order));

    // The index first: whoever finds the log finds its index.
    private void OpenBoth()
    {
        _mark = null;
        _index = Descriptors.Open(LogIndex.PathOf(path), Descriptors.ReadWrite | Descriptors.Create | Descriptors.Append, Mode);
        _file = Descriptors.Open(path, Descriptors.WriteOnly | Descriptors.Create | Descriptors.Append, Mode);
    }

    // Killed between the two renames of a rotation: the index that has no log belongs to the newest full file.
    private void MendInterruptedRotation()
    {
        var index = LogIndex.PathOf(path);
        if (!File.Exists(path) && File.Exists(index))
        {
            var orphan = Full().LastOrDefault() is > 0 and var newest ? LogIndex.PathOf(Series.Name(path, newest)) : null;
            if (orphan is not null && !File.Exists(orphan))
            {
                File.Move(index, orphan);
            }
            else
            {
                File.Delete(index);
            }
        }
    }

    private LogMark? MarkAt(long offset)
    {
        Span<byte> bytes = stackalloc byte[LogMark.Size];
        return Descriptors.ReadAt(_index, bytes, offset) == bytes.Length ? LogMark.Decode(bytes) : null;
    }

    private void Rotate(long now)
    {
        if (!IsThere(now))
        {
            Open(now);
            return;
        }

        Close();
        var rotated = Full();
        if (limits.Files <= 1)
        {
            File.Delete(path);
            File.Delete(LogIndex.PathOf(path));
        }
        else
        {
            var number = Math.Max(0, rotated.LastOrDefault()) + 1;
            File.Move(path, Series.Name(path, number));
            File.Move(LogIndex.PathOf(path), LogIndex.PathOf(Series.Name(path, number)));
            rotated.Enqueue(number);
        }

        while (rotated.Count > limits.Files - 1 && rotated.TryDequeue(out var oldest))
        {
            Series.Delete(path, oldest);
        }

        OpenBoth();
        (_length, _begun) = (0, now);
        keeper?.Rotated(path, limits);
    }
}
