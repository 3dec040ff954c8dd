using System.Text.Json;
using CodeAnalysisServer.Storage;

namespace EndToEnd.Tests;

/// <summary>The clock of the wall is set while the server runs, for all its processes, by libfaketime; skipped where that is not installed.</summary>
public sealed class ClockTests : ServerFixture
{
    private const long Days = 400, Day = 86_400;

    // What each process may use more than before the jump, in ticks (100 a second): nothing spins. The library itself costs some all the time.
    private const int MostTicks = 150;

    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task After_a_jump_forward_and_a_jump_back_the_same_processes_follow_and_answer_and_none_spins()
    {
        var library = Environment.GetEnvironmentVariable("LIBFAKETIME") ?? Directory.GetDirectories("/usr/lib").Select(directory => Path.Combine(directory, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists);
        Assert.SkipUnless(File.Exists(library), "libfaketime is not installed (Debian: libfaketime); or name it in LIBFAKETIME");
        var clock = Path.Combine(Data, "clock");
        await File.WriteAllTextAsync(clock, "+0d\n", Cancel);
        await WriteAsync("a.cs", "class Quagga;\n");
        await using var server = Executable.Start("env", $"LD_PRELOAD={library}", $"FAKETIME_TIMESTAMP_FILE={clock}", "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1",
            Path.Combine(AppContext.BaseDirectory, "code-analysis-server"), "serve", "--root", Tree, "--data", Data, "--urls", "http://127.0.0.1:0");
        using var http = await ConnectAsync(server);
        var before = await StatusAsync(http, AllReady);
        await DatabaseAsync(reading => reading.Scalar("SELECT count(*) FROM to_embed") is 0L && reading.Scalar("SELECT count(*) FROM vectors") is 1L);
        var usual = await UsedAsync();
        foreach (var (jump, name) in ((long, string)[])[(Days, "forward"), (-Days, "back"), (0, "home")])
        {
            await File.WriteAllTextAsync(clock, $"{jump:+0;-0}d\n", Cancel);
            var expected = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + (jump * Day);
            long scanned;
            do
            {
                // Each is a whole scan, which is awaited: the watcher's own clock tells when it has noticed.
                using var answer = await http.PostAsync(new Uri("/projects/scan?wait_seconds=60", UriKind.Relative), null, Cancel);
                using var scan = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel));
                scan.RootElement.GetProperty("done").GetBoolean().ShouldBeTrue(name);
                using var reading = Schema.TryOpenForReading(Data).ShouldNotBeNull();
                scanned = (long)reading.Scalar("SELECT scanned_at FROM projects")!;
            }
            while (Math.Abs(scanned - expected) > Day);

            await WriteAsync($"{name}.cs", $"class {name}Okapi;\n");
            await server.LineAsync($"added {name}.cs");
            await DatabaseAsync(reading => reading.Scalar("SELECT count(*) FROM to_embed") is 0L && reading.Scalar("SELECT count(*) FROM chunks WHERE text LIKE $1", $"%{name}Okapi%") is 1L);
            (await PathsAsync(http, $"/search/hybrid?q={name}+okapi"))[0].ShouldBe($"{name}.cs");
            foreach (var (pid, ticks) in await UsedAsync())
            {
                (ticks - usual[pid]).ShouldBeLessThan(MostTicks, $"{name}: {File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ')}");
            }
        }

        using (var repair = await http.PostAsync(new Uri("/database/repair?dry_run=true", UriKind.Relative), null, Cancel))
        {
            repair.EnsureSuccessStatusCode();
        }

        var after = await StatusAsync(http, AllReady);
        foreach (var type in (string[])["sqlite_queue", "file_watcher", "vectorization", "repair"])
        {
            PidOf(after, type).ShouldBe(PidOf(before, type));
        }

        (await server.SignalAsync(15)).ShouldBe(0);
        await NothingIsLeftAsync();
    }

    private async Task<Dictionary<int, long>> UsedAsync()
    {
        var before = Pids().ToDictionary(pid => pid, EndpointTests.Ticks);
        // A figure over a stretch of time: nothing is waited for.
        await Task.Delay(Watched, Cancel);
        return before.ToDictionary(used => used.Key, used => EndpointTests.Ticks(used.Key) - used.Value);
    }
}
