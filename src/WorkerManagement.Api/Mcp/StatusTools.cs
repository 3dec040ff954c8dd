using System.Text.Json.Nodes;
using WorkerManagement.Capsules;
using WorkerManagement.Journals;
using WorkerManagement.Logs;

namespace WorkerManagement.Api.Mcp;

/// <summary>How workers are, and why.</summary>
internal static class StatusTools
{
    private const int LastLines = 10, LastIncidents = 5;

    /// <summary>The parameter of what concerns one worker.</summary>
    public static ToolParameter.Text Worker { get; } = new("worker", "The worker's name, as worker_status lists it.", Required: true);

    public static IReadOnlyList<ToolDefinition> All { get; } =
    [
        new(
            "worker_status", "Status of the workers", ToolEffect.Reads,
            "Tells of each worker its state (Stopped, Starting, Running, Stopping, BackingOff, GaveUp), why and since when, what is wanted of it, whether it is ready, its pid and how often it was restarted; and how many are in each state. Those that are not as wanted come first.",
            [
                new ToolParameter.Text("worker", "Only the worker of this name, or all of this type; all unless given."),
                new ToolParameter.Whole("limit", "At most so many workers, 1 to 500; default 50.", 50, 1, 500),
            ],
            (manager, arguments, _) => Task.FromResult(Status(manager.GetWorkerStatus(), arguments.TextOrNull("worker"), arguments.Whole("limit")))),
        new(
            "worker_why", "Why a worker is as it is", ToolEffect.Reads,
            "Tells how one worker came to be as it is: its state and the reason, how its last run ended (exit code or signal, usage), what the manager did about it (incidents), its last lines of output, and its newest crash capsule. The first question when something died.",
            [Worker],
            WhyAsync),
    ];

    /// <exception cref="WorkerNotFoundException">There is none.</exception>
    public static WorkerStatus Find(WorkerStatusReport report, string name) => report.Workers.FirstOrDefault(worker => worker.Name == name)
        ?? throw new WorkerNotFoundException($"there is no worker '{name}'{Spelling.Hint(name, [.. report.Workers.Select(worker => worker.Name)])}; worker_status lists them");

    private static ToolAnswer Status(WorkerStatusReport report, string? which, int limit)
    {
        var named = report.Workers.Where(worker => worker.Name == which).ToArray();
        var chosen = which is null ? report.Workers : named.Length > 0 ? named : [.. report.Workers.Where(worker => worker.Type == which)];
        if (which is not null && chosen.Count == 0)
        {
            throw new WorkerNotFoundException($"there is no worker or type '{which}'{Spelling.Hint(which, [.. report.Workers.Select(worker => worker.Name).Concat(report.Workers.Select(worker => worker.Type)).Distinct()])}");
        }

        var shown = chosen.OrderBy(worker => worker.Desired is DesiredState.Down || worker.Ready).Take(limit).ToArray();
        return new(new()
        {
            ["total"] = chosen.Count,
            ["by_state"] = new JsonObject(chosen.CountBy(worker => worker.State).OrderBy(count => count.Key).Select(count => KeyValuePair.Create(count.Key.ToString(), (JsonNode?)count.Value))),
            ["workers"] = Told.Array(shown, Told.Worker),
            ["left_out"] = chosen.Count - shown.Length,
            ["state_directory"] = report.Manager.StateDirectory,
        });
    }

    private static async Task<ToolAnswer> WhyAsync(WorkerManager manager, ToolArguments arguments, CancellationToken cancellationToken)
    {
        var name = arguments.Text("worker");
        var report = manager.GetWorkerStatus();
        var worker = Find(report, name);
        var told = Told.Worker(worker);
        told["containment"] = worker.Containment;
        told["last_exit"] = Told.Exit(worker.Exit);
        told["incidents"] = Told.Array(await IncidentsAsync(manager, report, name, cancellationToken).ConfigureAwait(false), incident => new JsonObject { ["at"] = Told.Time(incident.At), ["kind"] = incident.Kind, ["reason"] = incident.Reason });
        told["last_output"] = Told.Array(worker.Managed ? await new WorkerLog(manager.LogDirectory, name).LastLinesAsync(LastLines, cancellationToken).ConfigureAwait(false) : [], line => line);
        told["newest_capsule"] = new CapsuleStore(manager.Options.StateDirectory).Newest(name);
        return new(told);
    }

    // The journal knows what was before the manager's start, too; the manager what the journal could not take.
    private static async Task<IEnumerable<Incident>> IncidentsAsync(WorkerManager manager, WorkerStatusReport report, string name, CancellationToken cancellationToken)
    {
        var all = report.Incidents.Where(incident => incident.Worker == name).ToHashSet();
        await foreach (var record in new Journal(manager.Options.StateDirectory).ReadAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            if (record.Incident is { } incident && incident.Worker == name)
            {
                all.Add(incident);
            }
        }

        return all.OrderBy(incident => incident.At).TakeLast(LastIncidents);
    }
}
