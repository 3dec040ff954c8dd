using System.Text;
using WorkerManagement.Logs;

namespace WorkerManagement.Tests;

/// <summary>What a worker wrote is read back whole, from any line on, and followed across rotations.</summary>
public sealed class WorkerLogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("logs-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string LogPath => Path.Combine(_directory, "w.log");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "line 29\n")]
    [InlineData(3, "line 27\nline 28\nline 29\n")]
    public async Task I_get_the_last_lines(int lines, string expected)
    {
        Write(new(1_000_000, 5), 0, 30);
        (await ReadAsync(lines)).ShouldBe(expected);
    }

    [Fact]
    public async Task What_is_written_while_the_last_lines_are_read_is_none_of_them()
    {
        Write(new(10_000_000, 5), 0, 20_000);
        var text = new StringBuilder();
        await foreach (var block in new WorkerLog(_directory, "w").ReadAsync(15_000, follow: false, Cancel))
        {
            text.Append(Encoding.UTF8.GetString(block.Span));
            Write(new(10_000_000, 5), 20_000, 10);
        }

        text.ToString().ShouldBe(string.Concat(Enumerable.Range(5_000, 15_000).Select(i => $"line {i}\n")));
    }

    [Fact]
    public async Task The_last_lines_as_text_are_bounded_whatever_is_in_the_file()
    {
        Write(new(1_000_000, 5), 0, 30);
        (await new WorkerLog(_directory, "w").LastLinesAsync(2, Cancel)).ShouldBe(["line 28", "line 29"]);
        (await new WorkerLog(_directory, "nobody").LastLinesAsync(2, Cancel)).ShouldBeEmpty();
        await File.WriteAllTextAsync(LogPath, new string('x', 5_000_000) + "\n\nend", Cancel);
        var last = await new WorkerLog(_directory, "w").LastLinesAsync(3, Cancel);
        last.Skip(1).ShouldBe(["", "end"]);
        last[0].Length.ShouldBeInRange(900_000, 1_100_000);
    }

    [Fact]
    public async Task Lines_are_counted_back_across_rotated_files_and_an_unfinished_line_counts()
    {
        // 8 bytes a line, 10 lines a file: 10 in .000001, 10 in .000002, 10 and half a line in the newest.
        Write(new(80, 5), 10, 40);
        using (var log = new LogFile(LogPath, new(1_000_000, 5)))
        {
            log.Append("half"u8);
        }

        Directory.GetFiles(_directory, "w.log*").Count(file => !file.EndsWith(".idx", StringComparison.Ordinal)).ShouldBe(3);
        (await ReadAsync(14)).ShouldBe(string.Concat(Enumerable.Range(27, 13).Select(i => $"line {i}\n")) + "half");
        (await ReadAsync(null)).ShouldBe(string.Concat(Enumerable.Range(10, 30).Select(i => $"line {i}\n")) + "half");
        (await ReadAsync(1000)).ShouldBe(await ReadAsync(null));
    }

    [Fact]
    public async Task I_follow_from_before_the_first_byte_across_many_rotations_and_miss_nothing()
    {
        var seen = new StringBuilder();
        var (first, enough) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var following = Task.Run(async () =>
        {
            await foreach (var block in new WorkerLog(_directory, "w").ReadAsync(0, follow: true, end.Token))
            {
                seen.Append(Encoding.UTF8.GetString(block.Span));
                first.TrySetResult();
                if (seen.ToString().EndsWith("line 999\n", StringComparison.Ordinal))
                {
                    enough.SetResult();
                }
            }
        }, Cancel);
        using (var log = new LogFile(LogPath, new(900, 1000)))
        {
            // Only what comes after the reader's first look is promised: the first lines are repeated until it is there.
            while (!first.Task.IsCompleted)
            {
                log.Append("hello\n"u8);
                await Task.WhenAny(first.Task, Task.Delay(10, Cancel));
            }

            for (var i = 100; i < 1000; i++)
            {
                log.Append(Encoding.UTF8.GetBytes($"line {i}\n"));
            }
        }

        await enough.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        await end.CancelAsync();
        await following.ShouldThrowAsync<OperationCanceledException>();
        seen.ToString().Replace("hello\n", "", StringComparison.Ordinal).ShouldBe(string.Concat(Enumerable.Range(100, 900).Select(i => $"line {i}\n")));
    }

    private void Write(LogLimits limits, int from, int to)
    {
        using var log = new LogFile(LogPath, limits);
        for (var i = from; i < to; i++)
        {
            log.Append(Encoding.UTF8.GetBytes($"line {i}\n"));
        }
    }

    private async Task<string> ReadAsync(int? lines)
    {
        var text = new StringBuilder();
        await foreach (var block in new WorkerLog(_directory, "w").ReadAsync(lines, follow: false, Cancel))
        {
            text.Append(Encoding.UTF8.GetString(block.Span));
        }

        return text.ToString();
    }
}
