using WorkerManagement.Bench.Scenarios;

namespace WorkerManagement.Bench;

/// <summary>What to measure, and how often.</summary>
internal sealed record Arguments(IReadOnlyList<string> Scenarios, IReadOnlyList<string> Containments, int Workers, int Rounds, bool Json, string? Command)
{
    internal static string Usage =>
        $"""
        usage: WorkerManagement.Bench [SCENARIO...] [--containment cgroup|tag] [--workers 1000] [--rounds 5] [--command PATH] [--json]
        scenarios: {string.Join(", ", Scenario.Names)} (all unless named)
        --command: the published workers command, for the scenarios command, attacks and chatty; they are left out without it
        """;

    internal static Arguments? TryParse(ReadOnlySpan<string> args)
    {
        var chosen = new Arguments([], ["tag", "cgroup"], 1000, 5, false, null);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--json":
                    chosen = chosen with { Json = true };
                    break;
                case "--command" when i + 1 < args.Length && File.Exists(args[i + 1]):
                    chosen = chosen with { Command = Path.GetFullPath(args[++i]) };
                    break;
                case "--containment" when i + 1 < args.Length && args[i + 1] is "cgroup" or "tag":
                    chosen = chosen with { Containments = [args[++i]] };
                    break;
                case "--workers" when i + 1 < args.Length && int.TryParse(args[i + 1], out var workers) && workers > 0:
                    (chosen, i) = (chosen with { Workers = workers }, i + 1);
                    break;
                case "--rounds" when i + 1 < args.Length && int.TryParse(args[i + 1], out var rounds) && rounds > 0:
                    (chosen, i) = (chosen with { Rounds = rounds }, i + 1);
                    break;
                case var name when Scenario.Names.Contains(name):
                    chosen = chosen with { Scenarios = [.. chosen.Scenarios, name] };
                    break;
                default:
                    return null;
            }
        }

        return chosen.Scenarios.Count > 0 ? chosen : chosen with { Scenarios = Scenario.Names };
    }
}
