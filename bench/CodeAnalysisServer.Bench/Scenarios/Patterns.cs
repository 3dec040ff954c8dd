using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using WorkerManagement.Bench;
using static CodeAnalysisServer.Bench.Figure;

namespace CodeAnalysisServer.Bench.Scenarios;

/// <summary>Regular expressions over the whole index, asked over HTTP, against ripgrep over the same files.</summary>
internal static class Patterns
{
    private const int Rounds = 9;
    private const double Target = 3;

    private static readonly (string What, string Pattern)[] All =
    [
        ("a literal before a class", @"new ConcurrentDictionary<\w+, "),
        ("alternatives", "ObjectDisposedException|TaskCompletionSource<bool>|InvalidCastException"),
        ("no literal", @"\b[A-Z]{12,}\b"),
        ("any case", "(?i)deadlock"),
        ("a rare word", "SpinWait"),
        ("nothing", "NowhereInAnyOfThese"),
    ];

    public static async Task<int> RunAsync(string[] directories)
    {
        var met = true;
        foreach (var directory in directories)
        {
            await using var server = ServerProcess.Start(directory);
            using var http = await server.ConnectAsync();
            await server.EmbeddedAsync();
            Print($"{Machine.Describe()}\n'{Path.GetFileName(directory)}': {server.Count("files")} files, {server.Count("chunks")} chunks, indexed");
            foreach (var (what, pattern) in All)
            {
                met &= await RunAsync(directory, http, what, pattern);
            }
        }

        return met ? 0 : 1;
    }

    private static async Task<bool> RunAsync(string directory, HttpClient http, string what, string pattern)
    {
        var (ratios, limits, times) = (new List<double>(), new List<double>(), new List<double>());
        var (lines, hits) = (0, 0);
        for (var round = 0; round <= Rounds; round++)
        {
            TimeSpan limit;
            try
            {
                (limit, var output) = await ExecuteAsync("rg", "-n", pattern, directory);
                lines = output.Count(character => character == '\n');
            }
            catch (Win32Exception)
            {
                Print($"ripgrep (rg) is not installed: nothing to compare with");
                return false;
            }

            var from = Stopwatch.GetTimestamp();
            var answer = await http.GetStringAsync(new Uri($"search/regex?limit=1000&timeout_ms=60000&q={Uri.EscapeDataString(pattern)}", UriKind.Relative));
            var time = Stopwatch.GetElapsedTime(from);
            hits = JsonDocument.Parse(answer).RootElement.GetProperty("hits").GetArrayLength();
            // The first of both only warms up.
            if (round > 0)
            {
                limits.Add(limit.TotalMilliseconds);
                times.Add(time.TotalMilliseconds);
                ratios.Add(time / limit);
            }
        }

        Print($"  {what}, {pattern}: {hits} lines in {times.Median():0.0} ms, ripgrep {lines} in {limits.Median():0.0} ms: {ratios.Median():0.00}x ({(ratios.Median() <= Target ? "ok" : "MISSED")}, target {Target}x), load {ProcReadings.Load():0.0}");
        return ratios.Median() <= Target;
    }
}
