using CodeAnalysisServer.Bench;
using CodeAnalysisServer.Bench.Scenarios;

// A plain table: a scenario's name, and what runs it.
IReadOnlyDictionary<string, Func<IScenario>> scenarios = new Dictionary<string, Func<IScenario>>
{
    ["queue"] = () => new Queue(),
};

if (args is ["queue-process", var directory, ..])
{
    await CodeAnalysisServer.SqliteQueue.SqliteQueueWorker.RunAsync(new(directory, args.Contains("--durable")));
    return 0;
}

var chosen = args.Length == 0 ? [.. scenarios.Keys] : args;
if (chosen.FirstOrDefault(name => !scenarios.ContainsKey(name)) is { } unknown)
{
    Console.Error.WriteLine($"there is no scenario '{unknown}'; there are {string.Join(", ", scenarios.Keys)}");
    return 2;
}

foreach (var name in chosen)
{
    Console.WriteLine($"== {name}");
    await scenarios[name]().RunAsync(Console.Out);
}

return 0;
