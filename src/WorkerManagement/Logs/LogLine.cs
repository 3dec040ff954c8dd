using System.Text;

namespace WorkerManagement.Logs;

/// <summary>One line that a worker wrote, or a piece of a very long one.</summary>
/// <param name="Worker">Who wrote it.</param>
/// <param name="At">When its beginning came; null when nobody noted it.</param>
/// <param name="Stream">Which pipe; <see cref="LogStream.Lost"/> when output is missing here.</param>
/// <param name="Run">The run; 0 when nobody noted it. Of <see cref="LogStream.Lost"/> the number of bytes.</param>
/// <param name="Bytes">Its bytes without the newline.</param>
internal sealed record LogLine(string Worker, DateTimeOffset? At, LogStream Stream, long Run, byte[] Bytes)
{
    private string? _text;

    /// <summary>Its text; what is no UTF-8 is replaced.</summary>
    public string Text => _text ??= Encoding.UTF8.GetString(Bytes);
}
