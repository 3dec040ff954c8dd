using WorkerManagement;

namespace CodeAnalysisServer;

/// <summary>The four workers as specs: this same program, once for each, all through the manager's one launch path.</summary>
internal static class ServerWorkers
{
    public static IReadOnlyList<WorkerSpec> For(string dataDirectory, IReadOnlyList<string> roots)
    {
        var onQueue = new Dictionary<string, DependencyCondition> { ["sqlite_queue_main"] = DependencyCondition.Ready };
        return
        [
            Make("sqlite_queue", dataDirectory) with { Metadata = new Dictionary<string, string> { ["db_path"] = Storage.Schema.PathIn(dataDirectory) } },
            Make("file_watcher", dataDirectory, [.. roots.SelectMany(root => new[] { "--root", root })]) with { DependsOn = onQueue },
            Make("vectorization", dataDirectory) with { DependsOn = onQueue },
            Make("repair", dataDirectory) with { DependsOn = onQueue },
        ];
    }

    private static WorkerSpec Make(string type, string dataDirectory, params string[] more) => new()
    {
        Name = $"{type}_main",
        Type = type,
        Command = [.. Self(), "worker", type, "--data", dataDirectory, .. more],
        Directory = dataDirectory,
        Ready = new ReadinessProbe.Notify(),
        Stop = [new(15, TimeSpan.FromSeconds(5))],
    };

    // Under the dotnet command the program is the assembly that follows it.
    private static IEnumerable<string> Self() => Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet"
        ? [Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "code-analysis-server.dll")]
        : [Environment.ProcessPath!];
}
