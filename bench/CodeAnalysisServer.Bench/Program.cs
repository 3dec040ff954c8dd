using CodeAnalysisServer.Bench;
using CodeAnalysisServer.Bench.Scenarios;

// Each scenario takes what follows its name, prints its figures, and returns the exit code: 0 when what must hold holds.
var scenarios = new Dictionary<string, (string Arguments, Func<string[], Task<int>> Run)>
{
    ["main"] = ("DIR…, trees of any files", MainJob.RunAsync),
    ["queue"] = ("", _ => RunAsync(new Queue())),
    ["index"] = ("DIR…, trees of C# files; at most a few minutes each", Indexing.RunAsync),
    ["floor"] = ("DIR…, the same", Floor.RunAsync),
    ["rescan"] = ("", Rescan.RunAsync),
    ["edits"] = ("DIR…, trees with 3000 C# files in all", Edits.RunAsync),
    ["resting"] = ("DIR…, the same", Resting.RunAsync),
    ["regex"] = ("DIR…, trees to search; ripgrep is to be installed", Patterns.RunAsync),
    ["growth"] = ("[--svg FILE] DIR…, trees with 10,000 C# files in all", Growth.RunAsync),
    ["search"] = ("DIR…, trees of C# files to make chunks of", rest => Task.FromResult(Search.Run(rest))),
    ["retrieval"] = ("--development DIR… --evaluation DIR…, checkouts of C# repositories", rest => Task.FromResult(Retrieval.Run(rest))),
};

if (args is ["queue-process", var directory, ..])
{
    await CodeAnalysisServer.SqliteQueue.SqliteQueueWorker.RunAsync(new(directory, args.Contains("--durable")));
    return 0;
}

if (args is ["parse-process", var tree])
{
    ParseProcess.Run(tree);
    return 0;
}

if (args is ["floor-process", var part, var files, var index])
{
    await FloorProcess.RunAsync(part, files, index);
    return 0;
}

if (args is [var name, .. var rest] && scenarios.TryGetValue(name, out var scenario))
{
    return await scenario.Run(rest);
}

foreach (var (known, (arguments, _)) in scenarios)
{
    Console.Error.WriteLine($"CodeAnalysisServer.Bench {known} {arguments}");
}

return 2;

static async Task<int> RunAsync(IScenario scenario)
{
    await scenario.RunAsync(Console.Out);
    return 0;
}
