using Microsoft.Win32.SafeHandles;

namespace WorkerManagement.Logs;

/// <summary>
/// The marks of one log file, beside it: <c>NAME.log.idx</c>, <c>NAME.log.000001.idx</c>. The log itself stays the raw bytes.
/// A mark is written before the bytes that it is about.
/// </summary>
internal sealed class LogIndex(SafeFileHandle? file)
{
    private readonly List<LogMark> _marks = [];
    private readonly byte[] _buffer = file is null ? [] : new byte[LogMark.Size * 512];

    public static string PathOf(string log) => log + LogMark.FileSuffix;

    /// <summary>The marks so far; those that were added since the last look are read first.</summary>
    public IReadOnlyList<LogMark> Marks
    {
        get
        {
            if (file is null)
            {
                return _marks;
            }

            int count;
            while ((count = RandomAccess.Read(file, _buffer, (long)_marks.Count * LogMark.Size)) >= LogMark.Size)
            {
                for (var at = 0; at + LogMark.Size <= count; at += LogMark.Size)
                {
                    _marks.Add(LogMark.Decode(_buffer.AsSpan(at, LogMark.Size)));
                }
            }

            return _marks;
        }
    }
}
