using WorkerManagement.Bench;
using static CodeAnalysisServer.Bench.Figure;

namespace CodeAnalysisServer.Bench.Scenarios;

/// <summary>
/// How near to the limit of <see cref="Indexing"/> a full index could come: the parts that cannot be left out, each alone, on cores that
/// never wait. What the processes say to each other, the log, the matrix and all waiting come on top.
/// </summary>
internal static class Floor
{
    private const int Rounds = 3;

    public static async Task<int> RunAsync(string[] directories)
    {
        foreach (var directory in directories)
        {
            await RunAsync(directory);
        }

        return 0;
    }

    private static async Task RunAsync(string directory)
    {
        Print($"{Machine.Describe()}\n'{Path.GetFileName(directory)}'; processor time");
        var data = Directory.CreateTempSubdirectory("bench-floor-index-").FullName;
        var nothing = Directory.CreateTempSubdirectory("bench-floor-empty-").FullName;
        try
        {
            await using (var server = ServerProcess.Start(directory, data))
            {
                await server.EmbeddedAsync();
            }

            var all = new List<double>();
            for (var round = 0; round < Rounds; round++)
            {
                var limit = await ParseProcess.RunAsync(directory);
                var parts = new Dictionary<string, TimeSpan> { ["the start of the processes"] = await StartAsync(nothing) };
                foreach (var part in FloorProcess.Parts.Keys)
                {
                    parts[part] = await FloorProcess.MeasureAsync(part, directory, data);
                }

                var sum = parts.Values.Sum(time => time.TotalSeconds);
                all.Add(sum / Environment.ProcessorCount / limit.Elapsed.TotalSeconds);
                Print($"  round {round + 1}, load {ProcReadings.Load():0.0}: limit {limit.Processor.TotalSeconds:0.0} s ({limit.Elapsed.TotalSeconds:0.0} s); {string.Join(", ", parts.Select(part => FormattableString.Invariant($"{part.Key} {part.Value.TotalSeconds:0.0} s")))}: {sum:0.0} s, on {Environment.ProcessorCount} cores that never wait {all[^1]:0.00}x");
            }

            Print($"no full index from the launch on takes less than {all.Median():0.00}x the limit");
        }
        finally
        {
            Directory.Delete(data, recursive: true);
            Directory.Delete(nothing);
        }
    }

    private static async Task<TimeSpan> StartAsync(string nothing)
    {
        await using var server = ServerProcess.Start(nothing);
        await server.EmbeddedAsync();
        return TimeSpan.FromSeconds(server.Processor().Values.Sum(time => time.TotalSeconds));
    }
}
