using System.Diagnostics;
using System.Text.Json;
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
            // The words of a hit that is only like it are among its parts: the first hit is to have the whole.
            await UntilAsync(async () => JsonDocument.Parse(await http.GetStringAsync(new Uri($"search?q={word}", UriKind.Relative))).RootElement.GetProperty("hits") is var hits
                && hits.GetArrayLength() > 0 && hits[0].GetProperty("snippet").GetString()!.Contains(word, StringComparison.Ordinal));
            times.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
        }

        Print($"{Count} edits, load {ProcReadings.Load():0.0}: p50 {times.Median():0} ms, p95 {times.Quantile(0.95):0} ms, longest {times.Max():0} ms");
        return Verdict(times.Quantile(0.95) <= Target, $"edit until found, p95 at most {Target} ms");
    }
}
