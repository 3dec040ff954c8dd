using System.Diagnostics;
using WorkerManagement.Bench;
using static CodeAnalysisServer.Bench.Figure;

namespace CodeAnalysisServer.Bench.Scenarios;

/// <summary>
/// A full index by the whole server, from its launch, against a program that only reads, hashes and parses the same files; search is
/// asked meanwhile. Both are processes of their own and take turns.
/// </summary>
internal static class Indexing
{
    private const int Rounds = 5;
    private const double Target = 1.5;

    private static readonly TimeSpan Ask = TimeSpan.FromMilliseconds(200);
    private static readonly string[] Queries = ["http client", "async enumerable", "serialize", "configuration options", "GetHashCode"];

    public static async Task<int> RunAsync(string[] directories)
    {
        var met = true;
        foreach (var directory in directories)
        {
            met &= await RunAsync(directory);
        }

        return met ? 0 : 1;
    }

    private static async Task<bool> RunAsync(string directory)
    {
        Print($"{Machine.Describe()}\n'{Path.GetFileName(directory)}': {Directory.EnumerateFiles(directory, "*.cs", SearchOption.AllDirectories).Count()} C# files, {Directory.EnumerateFiles(directory, "*.cs", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length) / 1e6:0.0} MB");
        var (texts, vectors, work) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var limit = await ParseProcess.RunAsync(directory);
            await using var server = ServerProcess.Start(directory);
            using var over = new CancellationTokenSource();
            var asking = AskAsync(server, over.Token);
            var scanned = await server.ScannedAsync();
            var then = server.Processor();
            var embedded = await server.EmbeddedAsync();
            var all = server.Processor();
            await over.CancelAsync();
            var answers = await asking;
            texts.Add(scanned / limit.Elapsed);
            vectors.Add(embedded / limit.Elapsed);
            work.Add(all.Values.Sum(time => time.TotalSeconds) / limit.Processor.TotalSeconds);
            Print($"  round {round + 1}, load {ProcReadings.Load():0.0}: limit {limit.Elapsed.TotalSeconds:0.0} s (processor {limit.Processor.TotalSeconds:0.0} s); text and entities {scanned.TotalSeconds:0.0} s = {texts[^1]:0.00}x; vectors {embedded.TotalSeconds:0.0} s = {vectors[^1]:0.00}x; {server.Count("entities")} entities, {server.Count("chunks")} chunks");
            Print($"    processor {string.Join(", ", all.Select(member => $"{member.Key} {then.GetValueOrDefault(member.Key).TotalSeconds:0.0}/{member.Value.TotalSeconds:0.0}"))}: {work[^1]:0.00}x in all");
            Print($"    {answers.Count} searches meanwhile: p50 {answers.Median():0} ms, p95 {answers.Quantile(0.95):0} ms, longest {answers.Max():0} ms; none failed");
        }

        Print($"text and entities {texts.Median():0.00}x, with vectors {vectors.Median():0.00}x (target {Target}x); processor time {work.Median():0.00}x");
        return texts.Median() <= Target && vectors.Median() <= Target;
    }

    // Milliseconds of each; one that fails ends the run.
    private static async Task<List<double>> AskAsync(ServerProcess server, CancellationToken over)
    {
        using var http = await server.ConnectAsync();
        using var turn = new PeriodicTimer(Ask);
        var times = new List<double>();
        while (!over.IsCancellationRequested)
        {
            var from = Stopwatch.GetTimestamp();
            (await http.GetAsync(new Uri($"search?q={Uri.EscapeDataString(Queries[times.Count % Queries.Length])}", UriKind.Relative), CancellationToken.None)).EnsureSuccessStatusCode();
            times.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
            await turn.WaitForNextTickAsync(CancellationToken.None);
        }

        return times;
    }
}
