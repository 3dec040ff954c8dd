namespace EndToEnd.Tests;

/// <summary>20 starts and stops, 20 starts and kills: nothing grows, nothing is left, the database stays whole.</summary>
public abstract class CycleTests : ServerFixture
{
    private const int Cycles = 20;

    protected async Task RunAsync(params int[] signals)
    {
        string[] files = [];
        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            var signal = signals[cycle % signals.Length];
            await WriteAsync("a.txt", $"text {cycle}\n");
            await using (var server = Serve())
            {
                await server.LineAsync("index ready: 1 files");
                using var http = await ConnectAsync(server);
                (await PathsAsync(http, $"/search?q={cycle}")).ShouldBe(["a.txt"]);
                Processes().Count.ShouldBe(1 + 4 + Processes().Count(line => line.Contains("guard", StringComparison.Ordinal) || line.Contains("keeper", StringComparison.Ordinal)));
                (await server.SignalAsync(signal)).ShouldBe(signal == 9 ? 137 : 0);
            }

            await GuardsAreGoneAsync();
            var now = Files();
            files = cycle == 0 ? now : files;
            now.ShouldBe(files, $"after cycle {cycle}");
        }

        ShouldBeWhole(Data);
        (await Executable.RunAsync("workers", "verify", "--state-dir", Path.Combine(Data, "workers"))).Code.ShouldBe(0);
    }

    // What a kill may leave belongs to the database (its log) or to the next start (the socket's name); logs are bounded by themselves.
    private string[] Files() => [.. Directory.EnumerateFileSystemEntries(Data, "*", SearchOption.AllDirectories)
        .Where(file => Path.GetExtension(file) is not (".db-wal" or ".db-shm" or ".sock" or ".log" or ".idx"))
        .Order(StringComparer.Ordinal)];
}

public sealed class StopCycleTests : CycleTests
{
    [Fact]
    public Task Twenty_starts_and_stops_leave_nothing() => RunAsync(2, 15, 1, 3);
}

public sealed class KillCycleTests : CycleTests
{
    [Fact]
    public Task Twenty_starts_and_kills_leave_nothing() => RunAsync(9);
}

public sealed class WorkerCycleTests : ServerFixture
{
    [Fact]
    public async Task Twenty_restarts_of_the_workers_leave_descriptors_and_processes_as_they_were()
    {
        await WriteAsync("a.txt", "text\n");
        await using var server = Serve();
        using var http = await ConnectAsync(server);
        await server.LineAsync("index ready: 1 files");

        // A worker that writes for the first time has a log from then on.
        var logs = Path.Combine(Data, "workers", "logs");
        int Descriptors() => Directory.EnumerateFileSystemEntries($"/proc/{server.Process.Id}/fd").Count(link => new FileInfo(link).LinkTarget?.StartsWith(logs, StringComparison.Ordinal) is false);
        async Task RestartAsync(int cycle)
        {
            var name = (string[])["vectorization_main", "repair_main", "file_watcher_main"];
            using var answer = await http.PostAsync(new Uri($"/v1/workers/{name[cycle % 3]}/restart", UriKind.Relative), null, Cancel);
            answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Cancel));
            await StatusAsync(http, AllReady);
        }

        for (var cycle = 0; cycle < 3; cycle++)
        {
            await RestartAsync(cycle);
        }

        var (descriptors, processes) = (Descriptors(), Processes().Count);
        for (var cycle = 0; cycle < 20; cycle++)
        {
            await RestartAsync(cycle);
        }

        // One connection or one open of the index, which is three files, may be under way at either look: they go, a leak does not. Nothing tells when.
        using (var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(50)))
        {
            for (var look = 0; look < 200 && Math.Abs(Descriptors() - descriptors) > 4; look++)
            {
                await looks.WaitForNextTickAsync(Cancel);
            }
        }

        Descriptors().ShouldBeInRange(descriptors - 4, descriptors + 4);
        Processes().Count.ShouldBe(processes);
        (await server.SignalAsync(15)).ShouldBe(0);
        await NothingIsLeftAsync();
    }
}
