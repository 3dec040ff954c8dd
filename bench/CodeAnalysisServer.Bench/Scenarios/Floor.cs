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

            var (launched, running) = (new List<double>(), new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                var limit = await ParseProcess.RunAsync(directory);
                var start = (await StartAsync(nothing)).TotalSeconds;
                var parts = new Dictionary<string, double>();
                foreach (var part in FloorProcess.Parts.Keys)
                {
                    parts[part] = (await FloorProcess.MeasureAsync(part, directory, data)).TotalSeconds;
                }

                double Ratio(double work) => work / Environment.ProcessorCount / limit.Elapsed.TotalSeconds;
                launched.Add(Ratio(start + parts.Values.Sum()));
                running.Add(Ratio(parts.Values.Sum()));
                Print($"  round {round + 1}, load {ProcReadings.Load():0.0}: limit {limit.Processor.TotalSeconds:0.0} s ({limit.Elapsed.TotalSeconds:0.0} s); the start of the processes {start:0.0} s, {string.Join(", ", parts.Select(part => FormattableString.Invariant($"{part.Key} {part.Value:0.0} s")))}: on {Environment.ProcessorCount} cores that never wait {launched[^1]:0.00}x, {running[^1]:0.00}x without the start");
            }

            Print($"these parts alone are {launched.Median():0.00}x the limit from the launch on, {running.Median():0.00}x when the server runs already");
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
