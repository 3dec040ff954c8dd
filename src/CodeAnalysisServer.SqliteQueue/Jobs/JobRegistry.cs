using System.Text.Json;
using WorkerManagement.Posix;

namespace CodeAnalysisServer.SqliteQueue.Jobs;

/// <summary>A job in memory: its state, and the last lines of its log.</summary>
internal sealed class JobEntry(JobStatus status)
{
    public JobStatus Status { get; set; } = status;

    public Queue<JobLogLine> Lines { get; } = new();
}

/// <summary>
/// The jobs on disk, in JSON Lines: each change is a line at the end, so that a crash can only tear the last one, which the next
/// start drops and says so. Rewritten when most of it is history: into a new file that replaces the old one whole. A change of state is on disk
/// when <see cref="Save"/> returns; a line of a log may be lost with the power. Not thread-safe.
/// </summary>
internal sealed class JobRegistry : IDisposable
{
    private const int LinesToSpare = 1000;

    private readonly string _path;
    private readonly int _logLines;
    private readonly FileStream _lock;
    private FileStream _file;
    private int _lines;

    /// <exception cref="InvalidOperationException">Another process has it.</exception>
    public JobRegistry(string path, int logLines, Action<string> told)
    {
        (_path, _logLines) = (Path.GetFullPath(path), logLines);
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        try
        {
            _lock = new(_path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception is not (DirectoryNotFoundException or FileNotFoundException))
        {
            throw new InvalidOperationException($"the job registry '{_path}' belongs to another running queue ({exception.Message}); stop that, or name another registry", exception);
        }

        try
        {
            Load(told);
            _file = Rewrite();
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    public Dictionary<string, JobEntry> Jobs { get; } = [];

    /// <summary>Writes a job's state, new or changed. Throws before anything changed in memory.</summary>
    /// <exception cref="IOException">It cannot be written; nothing changed.</exception>
    public void Save(JobStatus status)
    {
        Append(new(status.Id, status), durable: true);
        if (Jobs.TryGetValue(status.Id, out var entry))
        {
            entry.Status = status;
        }
        else
        {
            Jobs[status.Id] = new(status);
        }
    }

    public void Remove(string id)
    {
        Append(new(id, Deleted: true), durable: true);
        Jobs.Remove(id);
    }

    public void Log(string id, JobLogLine line)
    {
        if (Jobs.TryGetValue(id, out var entry))
        {
            Keep(entry, line);
            Append(new(id, Log: line), durable: false);
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        _lock.Dispose();
    }

    private void Append(JobLine line, bool durable)
    {
        if (_lines > LinesToSpare + 4 * Jobs.Values.Sum(job => 1 + job.Lines.Count))
        {
            var old = _file;
            _file = Rewrite();
            old.Dispose();
        }

        var start = _file.Length;
        try
        {
            _file.Write([.. JsonSerializer.SerializeToUtf8Bytes(line, JobJson.Default.JobLine), (byte)'\n']);
            _file.Flush(flushToDisk: durable);
            _lines++;
        }
        catch (IOException)
        {
            // A full disk may have taken half a line.
            _file.SetLength(start);
            throw;
        }
    }

    private void Load(Action<string> told)
    {
        if (!File.Exists(_path))
        {
            return;
        }

        var content = File.ReadAllBytes(_path);
        for (int from = 0, number = 1; from < content.Length; number++)
        {
            var length = content.AsSpan(from).IndexOf((byte)'\n');
            var last = length < 0;
            var text = content.AsSpan(from, last ? content.Length - from : length);
            from += text.Length + 1;
            if (Parse(text) is { } line)
            {
                Take(line);
            }
            else if (text.Length > 0)
            {
                told(last
                    ? $"the last line of the job registry '{_path}' is torn ({text.Length} bytes: its writer died in the middle); it is dropped"
                    : $"line {number} of the job registry '{_path}' makes no sense; it is dropped");
            }
        }
    }

    private static JobLine? Parse(ReadOnlySpan<byte> text)
    {
        try
        {
            return text.Length == 0 ? null : JsonSerializer.Deserialize(text, JobJson.Default.JobLine) is { Id: not null } line ? line : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Take(JobLine line)
    {
        if (line.Deleted)
        {
            Jobs.Remove(line.Id);
        }
        else if (line.Status is { Type: not null, Parameters: not null } status)
        {
            if (Jobs.TryGetValue(line.Id, out var known))
            {
                known.Status = status;
            }
            else
            {
                Jobs[line.Id] = new(status);
            }
        }
        else if (line.Log is { } said && Jobs.TryGetValue(line.Id, out var entry))
        {
            Keep(entry, said);
        }
    }

    private void Keep(JobEntry entry, JobLogLine line)
    {
        entry.Lines.Enqueue(line);
        while (entry.Lines.Count > _logLines)
        {
            entry.Lines.Dequeue();
        }
    }

    private FileStream Rewrite()
    {
        var next = _path + ".new";
        var file = new FileStream(next, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.Read | FileShare.Delete, BufferSize = 0, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        try
        {
            using var content = new MemoryStream();
            var lines = 0;
            foreach (var (id, job) in Jobs)
            {
                foreach (var line in (IEnumerable<JobLine>)[new(id, job.Status), .. job.Lines.Select(said => new JobLine(id, Log: said))])
                {
                    content.Write(JsonSerializer.SerializeToUtf8Bytes(line, JobJson.Default.JobLine));
                    content.WriteByte((byte)'\n');
                    lines++;
                }
            }

            file.Write(content.GetBuffer().AsSpan(0, (int)content.Length));
            file.Flush(flushToDisk: true);
            File.Move(next, _path, overwrite: true);
            // Else the name may mean the old file again after a power loss, without all that is appended from now on. What cannot do that has no such promise to give.
            _ = DirectorySync.TrySync(Path.GetDirectoryName(_path)!);
            _lines = lines;
            return file;
        }
        catch
        {
            file.Dispose();
            File.Delete(next);
            throw;
        }
    }
}
