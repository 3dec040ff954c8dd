using WorkerManagement;

namespace ScriptedServer;

/// <summary>One kind of nasty worker.</summary>
/// <param name="Verb">What ScriptedWorker does; also its name.</param>
/// <param name="Announces">How many processes announce themselves.</param>
/// <param name="Restart">Permanent, but for the one whose leader is to be gone.</param>
internal sealed record NastyWorker(string Verb, int Announces, RestartPolicy Restart = RestartPolicy.Permanent);

/// <summary>Any worker that we fear, all together in one server. The nested manager is this program itself.</summary>
internal static class NastyWorkers
{
    internal const string Nested = "nested-manager";

    internal static readonly NastyWorker[] All =
    [
        new("plain", 1),
        new("child-in-group", 2),
        new("child-in-session", 2),
        new("daemon", 2),
        new("ignores-signals", 1),
        new("blocks-signals", 1),
        new("stopped", 1),
        new("many-children", 51),
        new("closes-descriptors", 1),
        new("leader-goes", 2),
        new("leader-went", 2, RestartPolicy.Temporary),
        new("holds-output", 2),
        new("another-name", 2),
        new("subreaper", 2),
        new("forks-without-end", 1),
        // The inner manager's two workers.
        new(Nested, 1 + 2),
    ];

    internal static WorkerSpec[] Specs(string nestedState) => [.. All.Select(worker => Spec(worker, nestedState))];

    /// <summary>What the nested manager keeps: stubborn, and with a ladder far longer than it will be given.</summary>
    internal static WorkerSpec Inner() => new()
    {
        Name = "inner",
        Command = [Program, "leader-ignores"],
        Stop = [new(15, TimeSpan.FromSeconds(60))],
        Ready = new ReadinessProbe.LogLine("^up"),
    };

    private static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "worker", "ScriptedWorker");

    private static WorkerSpec Spec(NastyWorker worker, string nestedState) => new()
    {
        Name = worker.Verb,
        Command = worker.Verb == Nested ? [Environment.ProcessPath!, "nested", nestedState] : [Program, worker.Verb],
        Restart = worker.Restart,
        Backoff = new(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(60)),
        Stop = [new(15, TimeSpan.FromMilliseconds(300))],
        Ready = new ReadinessProbe.LogLine("^up"),
    };
}
