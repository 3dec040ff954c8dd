using CodeAnalysisServer.Vectorization.Embedding;
using WorkerManagement;

namespace CodeAnalysisServer;

/// <summary>The four workers as specs: this same program, once for each, all through the manager's one launch path.</summary>
internal static class ServerWorkers
{
    // The parser is a lot of code that all runs a lot, from the first file on: compiled once and well it costs less than compiled twice.
    private static readonly Dictionary<string, string> CompiledOnce = new() { ["DOTNET_TieredCompilation"] = "0" };

    public static IReadOnlyList<WorkerSpec> For(string dataDirectory, IReadOnlyList<string> roots, bool durable, EmbeddingChoice embedding)
    {
        var onQueue = new Dictionary<string, DependencyCondition> { ["sqlite_queue_main"] = DependencyCondition.Ready };
        return
        [
            Make("sqlite_queue", dataDirectory, durable ? ["--durable"] : []) with { Metadata = new Dictionary<string, string> { ["db_path"] = Command.ChosenDatabase.In(dataDirectory).Place } },
            Make("file_watcher", dataDirectory, [.. roots.SelectMany(root => new[] { "--root", root })]) with { DependsOn = onQueue, Environment = CompiledOnce },
            Make("vectorization", dataDirectory, "--embedding", embedding.Argument) with { DependsOn = onQueue },
            Make("repair", dataDirectory) with { DependsOn = onQueue },
        ];
    }

    private static WorkerSpec Make(string type, string dataDirectory, params string[] more) => new()
    {
        Name = $"{type}_main",
        Type = type,
        Command = [.. Self(), "worker", type, "--data", dataDirectory, .. more],
        Directory = dataDirectory,
        // A large index is checked before it is opened.
        Ready = new ReadinessProbe.Notify() { Timeout = TimeSpan.FromMinutes(5) },
        // Each loop pings while it waits and as it proceeds; the longest single step is a rebuild of a large full-text index.
        Watchdog = TimeSpan.FromMinutes(5),
        // When the queue dies the others end with it, and all come back: no reason to give up early.
        Intensity = new(10, TimeSpan.FromSeconds(60)),
        Stop = [new(15, TimeSpan.FromSeconds(5))],
    };

    // Under the dotnet command the program is the assembly that follows it.
    private static IEnumerable<string> Self() => Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet"
        ? [Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "code-analysis-server.dll")]
        : [Environment.ProcessPath!];
}
