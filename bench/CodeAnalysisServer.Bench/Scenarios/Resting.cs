using WorkerManagement.Bench;
using static CodeAnalysisServer.Bench.Figure;

namespace CodeAnalysisServer.Bench.Scenarios;

/// <summary>What the server takes when nothing happens, after it has indexed 3000 files: processor time and memory of all its processes.</summary>
internal static class Resting
{
    private const int Files = 3000;
    private const double MostProcessor = 0.5, MostMemory = 500;

    // Repair looks once more within a minute or two after the last change.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(60), Settle = TimeSpan.FromSeconds(140);

    public static async Task<int> RunAsync(string[] directories)
    {
        using var trees = new Trees();
        await using var server = ServerProcess.Start(trees.OfSources(directories, Files));
        await server.EmbeddedAsync();
        await Task.Delay(Settle);
        Print($"{Machine.Describe()}\n{Files} files, indexed");
        var members = server.Members();
        var (resident, proportional) = (0d, 0d);
        foreach (var (name, pid) in members)
        {
            var (rss, pss) = (ProcReadings.ResidentBytes(pid) / 1e6, ProcReadings.ProportionalBytes(pid) / 1e6);
            (resident, proportional) = (resident + rss, proportional + pss);
            Print($"  {name}: resident {rss:0} MB, proportional {pss:0} MB");
        }

        var before = server.Processor();
        await Task.Delay(Rest);
        var used = server.Processor().ToDictionary(member => member.Key, member => (member.Value - before[member.Key]) / Rest * 100);
        Print($"  processor in {Rest.TotalSeconds:0} s, of one core: {string.Join(", ", used.Select(member => FormattableString.Invariant($"{member.Key} {member.Value:0.00} %")))}");
        var idle = Verdict(used.Values.Sum() < MostProcessor, FormattableString.Invariant($"idle, all processes {used.Values.Sum():0.00} %, target {MostProcessor} %"));
        return idle | Verdict(resident <= MostMemory, FormattableString.Invariant($"resident memory of all processes {resident:0} MB (proportional {proportional:0} MB), target {MostMemory} MB"));
    }
}
