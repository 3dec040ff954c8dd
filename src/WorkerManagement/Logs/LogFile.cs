namespace WorkerManagement.Logs;

/// <summary>One worker's output on disk: raw bytes, rotated by size. A disk that fails loses output, never supervision.</summary>
internal sealed class LogFile(string path, LogLimits limits) : IDisposable
{
    private FileStream? _stream;

    /// <summary>Bytes that could not be written.</summary>
    public long Dropped { get; private set; }

    /// <summary>What the disk said last.</summary>
    public string? Failure { get; private set; }

    public void Append(ReadOnlySpan<byte> data)
    {
        try
        {
            _stream ??= new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (_stream.Length + data.Length > limits.MaximumSize && _stream.Length > 0)
            {
                Rotate();
            }

            _stream!.Write(data);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Dropped += data.Length;
            Failure = exception.Message;
            _stream?.Dispose();
            _stream = null;
        }
    }

    public void Dispose() => _stream?.Dispose();

    private void Rotate()
    {
        _stream!.Dispose();
        _stream = null;
        for (var i = limits.Files - 1; i >= 1; i--)
        {
            var from = i == 1 ? path : $"{path}.{i - 1}";
            if (File.Exists(from))
            {
                File.Move(from, $"{path}.{i}", overwrite: true);
            }
        }

        if (limits.Files <= 1)
        {
            File.Delete(path);
        }

        _stream = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }
}
