using CodeAnalysisServer.Storage;
using WorkerManagement.Bench;
using static CodeAnalysisServer.Bench.Figure;

namespace CodeAnalysisServer.Bench.Scenarios;

/// <summary>
/// A scan of a tree in which nothing changed, against <c>find -newer</c>. It is asked for by a line in <c>.gitignore</c>, which is how changed
/// rules, an overflow of inotify and the timer scan; that file's own new row comes with the end of the scan.
/// </summary>
internal static class Rescan
{
    private const int Files = 50_000, Rounds = 7;
    private const double Target = 3;

    public static async Task<int> RunAsync(string[] _)
    {
        using var trees = new Trees();
        var root = trees.OfSmallFiles(Files);
        var rules = Path.Combine(root, ".gitignore");
        await File.WriteAllTextAsync(rules, "# nothing is ignored\n");
        await using var server = ServerProcess.Start(root);
        await server.EmbeddedAsync();
        Print($"{Machine.Describe()}\n{Files} files, indexed");
        using var reading = Schema.TryOpenForReading(server.Data)!;
        object? Row() => reading.Scalar("SELECT max(id) FROM changes");
        var ratios = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var limit = (await ExecuteAsync("find", root, "-newer", rules, "-type", "f")).Elapsed;
            var before = Row();
            await File.AppendAllTextAsync(rules, $"# round {round}\n");
            var scanned = await UntilAsync(() => Task.FromResult(!Equals(Row(), before)));
            ratios.Add(scanned / limit);
            Print($"  round {round + 1}, load {ProcReadings.Load():0.0}: find {limit.TotalMilliseconds:0} ms, from the change to the end of the scan {scanned.TotalMilliseconds:0} ms = {ratios[^1]:0.00}x");
        }

        return Verdict(ratios.Median() <= Target, FormattableString.Invariant($"re-scan of {Files} unchanged files {ratios.Median():0.00}x find -newer, target {Target}x"));
    }
}
