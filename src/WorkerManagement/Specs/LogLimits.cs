namespace WorkerManagement;

/// <summary>How much captured output is kept for one worker.</summary>
/// <param name="MaximumSize">Bytes in one file before it is rotated. 10 MB by default.</param>
/// <param name="Files">How many files are kept, the current one included. 5 by default.</param>
public sealed record LogLimits(long MaximumSize, int Files)
{
    /// <summary>A file that began longer ago is rotated when the next output comes; null (the default) for no such limit.</summary>
    public TimeSpan? MaximumAge { get; init; }

    /// <summary>Whether full files are compressed (gzip). False by default: compressing a gigabyte takes several seconds of processor time.</summary>
    public bool Compress { get; init; }

    /// <summary>10 MB, 5 files.</summary>
    public static LogLimits Default { get; } = new(10_000_000, 5);
}
