using System.Text;
using System.Text.RegularExpressions;
using WorkerManagement.Logs;
using WorkerManagement.Posix;

namespace WorkerManagement.Tests;

/// <summary>What is written is raw, whole and bounded; times, pipes and runs stand beside it.</summary>
public sealed class LogFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("logs-").FullName;
    private readonly Clock _clock = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string LogPath => Path.Combine(_directory, "w.log");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_bytes_are_raw_and_each_line_has_its_time_its_pipe_and_its_run()
    {
        var begin = _clock.Now;
        using (var log = new LogFile(LogPath, LogLimits.Default, _clock))
        {
            log.Append("out 1\nhal"u8, LogStream.Output, 7);
            _clock.Now += TimeSpan.FromSeconds(1);
            log.Append("err 1\n"u8, LogStream.Error, 7);
            _clock.Now += TimeSpan.FromSeconds(1);
            log.Append("f\n"u8, LogStream.Output, 7);
            log.Append("unfinished"u8, LogStream.Output, 7);
            _clock.Now += TimeSpan.FromSeconds(1);
            log.Append("\xFFnext\n"u8, LogStream.Output, 8);
        }

        Encoding.Latin1.GetString(await File.ReadAllBytesAsync(LogPath, Cancel)).ShouldBe("out 1\nhalerr 1\nf\nunfinished" + Encoding.Latin1.GetString("\xFFnext\n"u8));
        var lines = await LinesAsync(new());
        lines.Select(line => (line.Text, line.Stream, line.Run, (int)(line.At - begin)!.Value.TotalSeconds)).ShouldBe([
            ("out 1", LogStream.Output, 7, 0), ("err 1", LogStream.Error, 7, 1), ("half", LogStream.Output, 7, 0), ("unfinished", LogStream.Output, 7, 2), ("\xFFnext", LogStream.Output, 8, 3)]);
        (await LinesAsync(new() { Since = begin.AddSeconds(1) })).Select(line => line.Text).ShouldBe(["err 1", "unfinished", "\xFFnext"]);
        (await LinesAsync(new() { Stream = LogStream.Error })).Select(line => line.Text).ShouldBe(["err 1"]);
        (await LinesAsync(new() { Previous = true })).Select(line => line.Text).ShouldBe(["out 1", "err 1", "half", "unfinished"]);
        (await LinesAsync(new() { Pattern = new Regex("^.*1$"), Last = 1 })).Select(line => line.Text).ShouldBe(["err 1"]);
        (await LinesAsync(new() { Last = 2 })).Select(line => line.Text).ShouldBe(["unfinished", "\xFFnext"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rotated_by_size_and_age_compressed_or_not_nothing_is_lost_or_mixed_up(bool compress)
    {
        var limits = new LogLimits(1000, 40) { MaximumAge = TimeSpan.FromHours(1), Compress = compress };
        await using (var keeper = new LogKeeper(_directory, 10_000_000))
        using (var log = new LogFile(LogPath, limits, _clock, keeper))
        {
            for (var i = 0; i < 300; i++)
            {
                log.Append(Encoding.UTF8.GetBytes($"line {i:D5} {new string('x', 50)}\n"), i % 2 == 0 ? LogStream.Output : LogStream.Error, 1 + (i / 100));
                _clock.Now += TimeSpan.FromMilliseconds(i == 150 ? 4_000_000 : 10);
            }

            while (compress && Directory.GetFiles(_directory, "*.gz").Length != Series.Rotated(LogPath).Count)
            {
                await Task.Delay(10, Cancel);
            }
        }

        var rotated = Series.Rotated(LogPath);
        rotated.Count.ShouldBe(19);
        rotated.ShouldAllBe(full => full.Compressed == compress);
        Directory.GetFiles(_directory, "*.tmp").ShouldBeEmpty();
        (await LinesAsync(new())).Select(line => (line.Text[..10], line.Stream, line.Run)).ShouldBe(Enumerable.Range(0, 300).Select(i => ($"line {i:D5}", i % 2 == 0 ? LogStream.Output : LogStream.Error, 1L + (i / 100))));
        (await LinesAsync(new() { Last = 77 })).Select(line => line.Text[..10]).ShouldBe(Enumerable.Range(223, 77).Select(i => $"line {i:D5}"));
        (await LinesAsync(new() { Last = 50, Previous = true })).Select(line => line.Text[..10]).ShouldBe(Enumerable.Range(150, 50).Select(i => $"line {i:D5}"));
        foreach (var n in (int[])[1, 13, 14, 15, 28, 299, 300, 301])
        {
            (await new WorkerLog(_directory, "w").LastLinesAsync(n, Cancel)).Count.ShouldBe(Math.Min(n, 300));
        }
    }

    [Fact]
    public async Task All_workers_together_are_bounded_and_the_oldest_full_file_goes_first()
    {
        await using (var keeper = new LogKeeper(_directory, 5_000))
        {
            using (var other = new LogFile(Path.Combine(_directory, "other.log"), new(1000, 100), _clock, keeper))
            using (var log = new LogFile(LogPath, new(1000, 100), _clock, keeper))
            {
                for (var i = 0; i < 100; i++)
                {
                    (i < 50 ? other : log).Append(new byte[300], LogStream.Output, 1);
                }
            }

            while (new DirectoryInfo(_directory).GetFiles().Where(file => file.Exists).Sum(file => file.Length) > 5_000)
            {
                await Task.Delay(10, Cancel);
            }
        }

        Series.Rotated(Path.Combine(_directory, "other.log")).ShouldBeEmpty();
        Series.Rotated(LogPath).ShouldNotBeEmpty();
        File.Exists(Path.Combine(_directory, "other.log")).ShouldBeTrue("a file that is written is never touched");
        Directory.GetFiles(_directory, "other.log.0*").ShouldBeEmpty("their indexes go with them");
    }

    [Fact]
    public async Task A_full_disk_drops_counts_says_how_much_is_missing_and_goes_on_by_itself()
    {
        using var log = new LogFile(LogPath, LogLimits.Default, _clock);
        log.Append("before\n"u8, LogStream.Output, 1);

        // The kernel's own full disk.
        File.Delete(LogPath);
        File.CreateSymbolicLink(LogPath, "/dev/full");
        _clock.Now += TimeSpan.FromSeconds(2);
        log.Append("dropped\n"u8, LogStream.Output, 1);
        log.Failure.ShouldNotBeNull().ShouldContain("No space left on device");
        File.Delete(LogPath);
        log.Append("in the pause\n"u8, LogStream.Output, 1);
        log.Dropped.ShouldBe("dropped\nin the pause\n".Length);
        _clock.Now += TimeSpan.FromSeconds(2);
        log.Append("after\n"u8, LogStream.Output, 1);
        (log.Failure, log.Written).ShouldBe((null, "before\nafter\n".Length));
        var lines = await LinesAsync(new());
        lines.Select(line => (line.Stream, line.Text)).ShouldBe([(LogStream.Lost, ""), (LogStream.Output, "after")]);
        lines[0].Run.ShouldBe(log.Dropped);
    }

    [Fact]
    public async Task A_removed_directory_is_made_again_and_a_file_of_an_earlier_version_is_read()
    {
        await File.WriteAllTextAsync(LogPath + ".2", "oldest\n", Cancel);
        await File.WriteAllTextAsync(LogPath + ".1", "older\n", Cancel);
        await File.WriteAllTextAsync(LogPath, "old\n", Cancel);
        using var log = new LogFile(LogPath, new(30, 9), _clock);
        log.Append("new\n"u8, LogStream.Error, 5);
        (await LinesAsync(new())).Select(line => (line.Text, line.Stream, line.At is null)).ShouldBe([
            ("oldest", LogStream.Unknown, true), ("older", LogStream.Unknown, true), ("old", LogStream.Unknown, true), ("new", LogStream.Error, false)]);
        log.Append("a line that makes it rotate....\n"u8, LogStream.Error, 5);
        File.Exists(LogPath + ".000001").ShouldBeTrue();
        (await LinesAsync(new() { Last = 3 })).Select(line => line.Text).ShouldBe(["old", "new", "a line that makes it rotate...."]);
        Directory.Delete(_directory, recursive: true);
        _clock.Now += TimeSpan.FromSeconds(2);
        log.Append("again\n"u8, LogStream.Output, 5);
        (log.Dropped, (await LinesAsync(new())).Single().Text).ShouldBe((0, "again"));
    }

    [Fact]
    public async Task A_line_of_100_MB_costs_bounded_memory_and_comes_in_pieces()
    {
        using (var log = new LogFile(LogPath, new(1_000_000_000, 2)))
        {
            var block = new byte[1_000_000];
            Array.Fill(block, (byte)'x');
            for (var i = 0; i < 100; i++)
            {
                log.Append(block, LogStream.Output, 1);
            }

            log.Append("\nend\n"u8, LogStream.Output, 1);
        }

        var (pieces, bytes, most) = (0, 0L, 0L);
        await foreach (var line in new LogLines(_directory, "w").ReadAsync(new(), Cancel))
        {
            (pieces, bytes) = (pieces + 1, bytes + line!.Bytes.Length);
            most = Math.Max(most, line.Bytes.Length);
        }

        (bytes, most).ShouldBe((100_000_003, 64 * 1024));
        pieces.ShouldBe(1527);
        (await LinesAsync(new() { Last = 1 }))[0].Text.ShouldBe("end");
    }

    [Fact]
    public async Task Killed_between_the_renames_of_a_rotation_the_index_finds_its_log_again()
    {
        using (var log = new LogFile(LogPath, LogLimits.Default, _clock))
        {
            log.Append("one\n"u8, LogStream.Error, 3);
        }

        File.Move(LogPath, LogPath + ".000001");
        (await LinesAsync(new())).Single().Stream.ShouldBe(LogStream.Error, "a reader in between finds it, too");
        using (var log = new LogFile(LogPath, LogLimits.Default, _clock))
        {
            log.Append("two\n"u8, LogStream.Output, 4);
        }

        (await LinesAsync(new())).Select(line => (line.Text, line.Stream, line.Run)).ShouldBe([("one", LogStream.Error, 3L), ("two", LogStream.Output, 4L)]);
    }

    private async Task<List<LogLine>> LinesAsync(LogQuery query)
    {
        var lines = new List<LogLine>();
        await foreach (var line in new LogLines(_directory, "w").ReadAsync(query, Cancel))
        {
            lines.Add(line!);
        }

        return lines;
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(50);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
