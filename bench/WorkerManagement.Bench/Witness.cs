using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace WorkerManagement.Bench;

/// <summary>A FIFO to which workers tell a number themselves: what they do is seen without asking the manager.</summary>
internal sealed class Witness : IDisposable
{
    private readonly BlockingCollection<(long Number, long At)> _heard = [];
    private readonly FileStream _fifo;
    private readonly Thread _reading;

    internal Witness()
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"workers-bench-{Guid.NewGuid():N}");
        using (var made = Process.Start("mkfifo", [Path]))
        {
            made.WaitForExit();
        }

        // Open for both: it never ends, and who writes never waits for a reader.
        _fifo = new(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        _reading = new(Read) { IsBackground = true };
        _reading.Start();
    }

    internal string Path { get; }

    /// <summary>The next number, and when it came.</summary>
    internal (long Number, long At) Next() => _heard.TryTake(out var one, TimeSpan.FromSeconds(60)) ? one : throw new InvalidOperationException("a worker that should have started, or ended, told nothing for 60 s");

    internal long[] Next(int count) => [.. Enumerable.Range(0, count).Select(_ => Next().Number)];

    public void Dispose()
    {
        _fifo.Write("end\n"u8);
        _reading.Join();
        _fifo.Dispose();
        _heard.Dispose();
        File.Delete(Path);
    }

    private void Read()
    {
        using var lines = new StreamReader(_fifo, leaveOpen: true);
        while (lines.ReadLine() is { } line and not "end")
        {
            _heard.Add((long.Parse(line, CultureInfo.InvariantCulture), Stopwatch.GetTimestamp()));
        }
    }
}
