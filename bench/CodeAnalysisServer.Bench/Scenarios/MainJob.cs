using System.Diagnostics;
using System.Text.Json;
using WorkerManagement.Bench;
using WorkerManagement.Posix;
using static CodeAnalysisServer.Bench.Figure;

namespace CodeAnalysisServer.Bench.Scenarios;

/// <summary>What the README's first command promises: four workers soon after the launch, an edit found soon after the write, and nothing left after either end.</summary>
internal static class MainJob
{
    private const int Rounds = 10, Types = 4;
    private const double AliveWithin = 10, FoundWithin = 2, EndsWithin = 10;

    private enum End
    {
        Interrupted = 2,
        Killed = 9,
    }

    public static async Task<int> RunAsync(string[] directories)
    {
        Print($"{Machine.Describe()}");
        var (alive, found, interrupted, killed) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Rounds * directories.Length; round++)
        {
            var end = round % 2 == 0 ? End.Interrupted : End.Killed;
            await RunOneAsync(directories[round % directories.Length], end, alive, found, end is End.Interrupted ? interrupted : killed);
        }

        Print($"{alive.Count} launches, load {ProcReadings.Load():0.0}: four types alive after {alive.Median():0.0} s, at most {alive.Max():0.0}; a new file found after {found.Median():0.00} s, at most {found.Max():0.00}");
        Print($"  SIGINT until the last process has gone {interrupted.Median():0.00} s, at most {interrupted.Max():0.00}; kill -9 {killed.Median():0.00} s, at most {killed.Max():0.00}");
        return Verdict(alive.Max() <= AliveWithin, $"four types alive within {AliveWithin} s") | Verdict(found.Max() <= FoundWithin, $"found within {FoundWithin} s")
            | Verdict(interrupted.Concat(killed).Max() <= EndsWithin, $"gone within {EndsWithin} s, none left");
    }

    // All processes that there were are waited for by their pidfds: one that stays ends the run.
    private static async Task RunOneAsync(string directory, End end, List<double> alive, List<double> found, List<double> gone)
    {
        using var trees = new Trees();
        var root = await trees.CopyOfAsync(directory);
        var data = Directory.CreateTempSubdirectory("bench-main-").FullName;
        var server = ServerProcess.Start(root, data);
        var pinned = new List<PidFd>();
        try
        {
            using var http = await server.ConnectAsync();
            await UntilAsync(async () => await AliveAsync(http) == Types);
            alive.Add(Stopwatch.GetElapsedTime(server.Started).TotalSeconds);
            await server.ScannedAsync();
            var word = $"marker{Guid.NewGuid():N}";
            await File.WriteAllTextAsync(Path.Combine(root, "written-now.txt"), $"{word}\n");
            found.Add((await UntilAsync(async () => JsonDocument.Parse(await http.GetStringAsync(new Uri($"search?q={word}", UriKind.Relative))).RootElement.GetProperty("hits").GetArrayLength() > 0)).TotalSeconds);
            pinned.AddRange(server.Members().Values.Select(pid => PidFd.TryOpen(pid)).OfType<PidFd>());
            var from = Stopwatch.GetTimestamp();
            var code = await server.EndAsync((int)end);
            await UntilAsync(() => Task.FromResult(pinned.TrueForAll(process => process.HasEnded)));
            gone.Add(Stopwatch.GetElapsedTime(from).TotalSeconds);
            if (end is End.Interrupted && code != 0)
            {
                throw new InvalidOperationException($"the server ended with exit code {code}, not 0");
            }
        }
        finally
        {
            pinned.ForEach(process => process.Dispose());
            await server.DisposeAsync();
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task<int> AliveAsync(HttpClient http)
    {
        using var status = JsonDocument.Parse(await http.GetStringAsync(new Uri("v1/status", UriKind.Relative)));
        return status.RootElement.GetProperty("workers").EnumerateArray().Where(worker => worker.GetProperty("alive").GetBoolean()).Select(worker => worker.GetProperty("type").GetString()).Distinct().Count();
    }
}
