using CodeAnalysisServer.Bench.Scenarios;

// Each scenario takes what follows its name, prints its figures, and returns the exit code: 0 when what must hold holds.
var scenarios = new Dictionary<string, (string Arguments, Func<string[], int> Run)>
{
    ["search"] = ("DIR…, trees of C# files to make chunks of", Search.Run),
    ["retrieval"] = ("--development DIR… --evaluation DIR…, checkouts of C# repositories", Retrieval.Run),
};

if (args is [var name, .. var rest] && scenarios.TryGetValue(name, out var scenario))
{
    return scenario.Run(rest);
}

foreach (var (known, (arguments, _)) in scenarios)
{
    Console.Error.WriteLine($"CodeAnalysisServer.Bench {known} {arguments}");
}

return 2;
