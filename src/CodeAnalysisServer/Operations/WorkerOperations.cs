using WorkerManagement;
using WorkerManagement.Logs;

namespace CodeAnalysisServer.Operations;

/// <summary>The four workers: how they are, starting and stopping them, what they wrote.</summary>
internal static class WorkerOperations
{
    private static readonly Parameter.Text Worker = new("worker", "A worker's type (sqlite_queue, file_watcher, vectorization, repair) or its name, such as repair_main.", Required: true) { Longest = 200, QueryName = "name" };
    private static readonly Parameter.Whole Timeout = new("timeout_seconds", "Seconds until force is used, 1 to 600; default 10.", 10, 1, 600);

    public static IReadOnlyList<Operation> All { get; } =
    [
        new(
            "get_worker_status", "Status of the workers", Effect.Reads,
            "Tells of each of the four background workers whether it runs, its pid, since when, why it is in its state, how often it was restarted, and what waits because one is down. sqlite_queue writes the index, file_watcher follows the trees, vectorization makes embeddings, repair mends disagreement.",
            [],
            OperationJson.Plain.WorkerStatusAnswer,
            (context, _, _) => Task.FromResult<object>(Status(context)))
        {
            Http = new("GET", "/v1/status", Mapped: false),
        },
        new(
            "start_worker", "Start a worker", Effect.Changes,
            "Starts a worker that is down, or revives one that gave up. One that runs is left as it is. Returns when its process runs.",
            [Worker],
            OperationJson.Plain.WorkerChange,
            (context, arguments, cancel) => EachAsync(context, arguments, "started", (manager, name) => manager.StartWorkerAsync(name, cancel)))
        {
            Http = new("POST", "/v1/workers/{name}/start", Mapped: false),
        },
        new(
            "stop_worker", "Stop a worker", Effect.Destroys,
            "Stops a worker, first politely, after timeout_seconds by force, with all processes it started. It stays down until start_worker. The others go on; the answer says what waits meanwhile. Stopping sqlite_queue makes the other three wait for it.",
            [Worker, Timeout],
            OperationJson.Plain.WorkerChange,
            async (context, arguments, cancel) => await StopAsync(context, arguments, cancel).ConfigureAwait(false))
        {
            Http = new("POST", "/v1/workers/{name}/stop", Mapped: false),
        },
        new(
            "restart_worker", "Restart a worker", Effect.Destroys,
            "Stops a worker as stop_worker does, and starts it again. Nothing that was acknowledged is lost. Returns when its new process runs.",
            [Worker, Timeout],
            OperationJson.Plain.WorkerChange,
            (context, arguments, cancel) => EachAsync(context, arguments, "restarted", (manager, name) => manager.RestartWorkerAsync(name, TimeSpan.FromSeconds(arguments.Whole("timeout_seconds")), cancel)))
        {
            Http = new("POST", "/v1/workers/{name}/restart", Mapped: false),
        },
        new(
            "view_worker_logs", "Output of a worker", Effect.Reads,
            "The last lines that a worker wrote, oldest first. Use it when get_worker_status says that a worker was restarted or gave up.",
            [Worker, new Parameter.Whole("lines", "Most lines, 1 to 2000; default 100.", 100, 1, 2000)],
            OperationJson.Plain.WorkerLogs,
            LogsAsync)
        {
            Http = new("GET", "/workers/logs"),
        },
    ];

    private static WorkerStatusAnswer Status(ServerContext context)
    {
        var status = context.Manager.GetWorkerStatus();
        return new(status.TotalWorkers, status.ByType, status.Workers, Waiting.Of(context), status.Incidents, status.Manager, status.Version);
    }

    // By name or by type.
    private static string[] Find(ServerContext context, string asked)
    {
        var workers = context.Manager.GetWorkerStatus().Workers;
        string[] found = [.. workers.Where(worker => worker.Name == asked).Select(worker => worker.Name)];
        found = found.Length > 0 ? found : [.. workers.Where(worker => worker.Type == asked).Select(worker => worker.Name)];
        return found.Length > 0 ? found : throw new RefusedException(Refusal.NotFound, $"there is no worker '{asked}'; there are: {string.Join(", ", workers.Select(worker => worker.Type))}");
    }

    private static async Task<object> EachAsync(ServerContext context, Arguments arguments, string done, Func<WorkerManager, string, Task<WorkerStatus>> act)
    {
        var names = Find(context, arguments.Text("worker"));
        try
        {
            var workers = new List<WorkerStatus>();
            foreach (var name in names)
            {
                workers.Add(await act(context.Manager, name).ConfigureAwait(false));
            }

            return new WorkerChange(true, $"{done} {string.Join(", ", names)}", workers, Waiting.Of(context));
        }
        catch (WorkerManagementException exception)
        {
            throw new RefusedException(Refusal.Conflict, exception.Message);
        }
    }

    private static async Task<WorkerChange> StopAsync(ServerContext context, Arguments arguments, CancellationToken cancellationToken)
    {
        var names = Find(context, arguments.Text("worker"));
        try
        {
            var reports = await Task.WhenAll(names.Select(name => context.Manager.StopWorkerAsync(name, TimeSpan.FromSeconds(arguments.Whole("timeout_seconds")), cancellationToken))).ConfigureAwait(false);
            return new(
                reports.All(report => report.Outcome != "not settled"),
                string.Join("; ", reports.Select(report => $"{report.Name}: {report.Outcome}{(report.Reason is { } reason ? $" ({reason})" : "")}")),
                [.. context.Manager.GetWorkerStatus().Workers.Where(worker => names.Contains(worker.Name))],
                Waiting.Of(context));
        }
        catch (WorkerManagementException exception)
        {
            throw new RefusedException(Refusal.Conflict, exception.Message);
        }
    }

    private static async Task<object> LogsAsync(ServerContext context, Arguments arguments, CancellationToken cancellationToken)
    {
        // Only the name of a known worker becomes part of a path.
        var name = Find(context, arguments.Text("worker"))[0];
        try
        {
            return new WorkerLogs(name, await new WorkerLog(context.Manager.LogDirectory, name).LastLinesAsync(arguments.Whole("lines"), cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(Refusal.Unavailable, $"the log of '{name}' cannot be read: {exception.Message}");
        }
    }
}
