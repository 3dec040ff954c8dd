using System.Diagnostics;
using WorkerManagement.Bench;
using static CodeAnalysisServer.Bench.Figure;

namespace CodeAnalysisServer.Bench.Scenarios;

/// <summary>From the end of an editor's write until a search finds what was written: one edit after the other in a tree that is indexed.</summary>
internal static class Edits
{
    private const int Count = 150;
    private const double Target = 300;

    public static async Task<int> RunAsync(string[] directories)
    {
        using var trees = new Trees();
        var root = trees.OfSources(directories, 3000);
        var files = Directory.GetFiles(root, "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        await using var server = ServerProcess.Start(root);
        using var http = await server.ConnectAsync();
        await server.EmbeddedAsync();
        Print($"{Machine.Describe()}\n{files.Length} files, indexed");
        var times = new List<double>();
        for (var i = 0; i < Count; i++)
        {
            var word = $"marker{Guid.NewGuid():N}";
            await File.AppendAllTextAsync(files[i * 17 % files.Length], $"// {word}\n");
            var from = Stopwatch.GetTimestamp();
            await UntilAsync(async () => !(await http.GetStringAsync(new Uri($"search?q={word}", UriKind.Relative))).Contains("\"hits\":[]", StringComparison.Ordinal));
            times.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
        }

        Print($"{Count} edits, load {ProcReadings.Load():0.0}: p50 {times.Median():0} ms, p95 {times.Quantile(0.95):0} ms, longest {times.Max():0} ms");
        return Verdict(times.Quantile(0.95) <= Target, $"edit until found, p95 at most {Target} ms");
    }
}
