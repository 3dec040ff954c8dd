using System.Text.Json;
using System.Threading.Channels;
using WorkerManagement.Logs;

namespace WorkerManagement.Journals;

// The manager's loop hands records over and never waits: a bounded queue, and one task that writes. What the queue cannot take, or the disk
// does not, is lost, counted, and told in the journal itself as soon as it can be written again. Each file begins with a snapshot of all
// workers, so that older files can go and every moment since the first record can still be told.
//
// Nothing is flushed to the device (no fsync): what the kernel has taken survives the death of every process, and a power cut may
// cost the last seconds. The line that it tears is skipped by the reader, and told.

/// <summary>Writes the journal. <see cref="Add"/> may be called from any thread.</summary>
internal sealed class JournalWriter : IAsyncDisposable
{
    private const int MostWaiting = 8192, MostAtOnce = 256;

    private static readonly TimeSpan EndBound = TimeSpan.FromSeconds(2);

    private readonly Channel<JournalRecord> _waiting = Channel.CreateBounded<JournalRecord>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly Dictionary<string, WorkerStatus> _known = [];
    private readonly MemoryStream _lines = new();
    private readonly string _path;
    private readonly LogLimits _limits;
    private readonly Action<string> _failed;
    private readonly Task _writing;
    private FileStream? _stream;
    private long _sequence;
    private long _untold;
    private long _lost;
    private string? _failure;
    private long _size;
    private bool _opened;

    /// <param name="stateDirectory">It exists. The journal gets a directory of its own in it.</param>
    /// <param name="limits">How large a file grows, and how many are kept.</param>
    /// <param name="failed">Told once when records begin to be lost, with what the disk said.</param>
    public JournalWriter(string stateDirectory, LogLimits limits, Action<string> failed)
    {
        _path = Journal.PathIn(stateDirectory);
        (_limits, _failed) = (limits, failed);
        _writing = Task.Run(WriteAllAsync);
    }

    /// <summary>Records that could not be written, since the manager began.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    public void Add(JournalRecord record)
    {
        if (!_waiting.Writer.TryWrite(record))
        {
            Lose(1);
        }
    }

    /// <summary>Writes what waits. A disk that does not answer is left alone after 2 s.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        try
        {
            await _writing.WaitAsync(EndBound).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The disk hangs: ending must not.
        }
    }

    private void Lose(int count)
    {
        Interlocked.Add(ref _lost, count);
        Interlocked.Add(ref _untold, count);
    }

    private async Task WriteAllAsync()
    {
        var batch = new List<JournalRecord>();
        while (await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (batch.Count < MostAtOnce && _waiting.Reader.TryRead(out var record))
            {
                batch.Add(record);
            }

            try
            {
                Append(batch);
            }
            catch (Exception exception)
            {
                // The outermost place: whatever is wrong with these, the next ones are written.
                Fail(batch.Count, exception.Message);
            }

            batch.Clear();
        }

        _stream?.Dispose();
    }

    private void Append(List<JournalRecord> batch)
    {
        var untold = Interlocked.Exchange(ref _untold, 0);
        try
        {
            var whole = Open() && untold == 0;
            if (_size > _limits.MaximumSize)
            {
                Rotate();
                whole = false;
            }

            _lines.SetLength(0);
            var number = _sequence;
            if (untold > 0)
            {
                Put(ref number, new() { Kind = "lost", At = batch[0].At, Lost = untold, Reason = _failure ?? "they came faster than the disk took them" });
            }

            if (!whole)
            {
                Put(ref number, new() { Kind = "snapshot", At = batch[0].At, Workers = [.. _known.Values] });
            }

            foreach (var record in batch)
            {
                Know(record);
                Put(ref number, record);
            }

            _stream!.Write(_lines.GetBuffer(), 0, (int)_lines.Length);
            _size += whole ? _lines.Length : 0;
            (_sequence, _failure) = (number, null);
        }
        catch
        {
            Interlocked.Add(ref _untold, untold);
            throw;
        }
    }

    private void Put(ref long number, JournalRecord record)
    {
        JsonSerializer.Serialize(_lines, record with { Sequence = ++number }, JournalJson.Default.JournalRecord);
        _lines.WriteByte((byte)'\n');
    }

    // Whether the file tells everything so far: it is the one that was written before, or the first of this writer, whose first record
    // is that a manager starts with no workers. A file that somebody took away is made again; its directory too, the state directory not.
    private bool Open()
    {
        if (_stream is not null && SeriesReader.NameOf(_stream.SafeFileHandle) == Path.GetFileName(_path))
        {
            return true;
        }

        var first = !_opened;
        _stream?.Dispose();
        _stream = null;
        var directory = Path.GetDirectoryName(_path)!;
        if (!Directory.Exists(directory) && Directory.Exists(Path.GetDirectoryName(directory)))
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var (last, torn) = JournalTail.Of(_path);
        _sequence = Math.Max(_sequence, last);
        _stream = new(_path, new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        _opened = true;
        _size = _stream.Length;
        if (torn)
        {
            _stream.WriteByte((byte)'\n');
        }

        return first;
    }

    private void Rotate()
    {
        _stream!.Dispose();
        _stream = null;
        var full = Series.Rotated(_path);
        File.Move(_path, Series.Name(_path, Math.Max(0, full.Count == 0 ? 0 : full[^1].Order) + 1));
        foreach (var old in full.Take(full.Count + 2 - _limits.Files))
        {
            File.Delete(old.Path);
        }

        Open();
    }

    private void Know(JournalRecord record)
    {
        switch (record)
        {
            case { Kind: "state", Status: { } status }:
                _known[status.Name] = status;
                break;
            case { Kind: "removed", Worker: { } worker }:
                _known.Remove(worker);
                break;
        }
    }

    private void Fail(int count, string failure)
    {
        Lose(count);
        _stream?.Dispose();
        _stream = null;
        if (_failure is null)
        {
            _failed(failure);
        }

        _failure = failure;
    }
}
