using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace WorkerManagement.Api.Mcp;

// What ends something takes its plan first. The plan comes with a code, and only with that code is it done: an assistant cannot skip the
// plan by a flag that it knows, and cannot confirm one plan and get another. The code stands for the action, the workers and how each is
// stopped; not for pids, or nobody could ever stop a worker that dies and is restarted all the time.

/// <summary>Starting, stopping, restarting.</summary>
internal static class ActingTools
{
    private static readonly ToolParameter.Whole Timeout = new("timeout_seconds", "Seconds until force is used, 1 to 600; default 10.", 10, 1, 600);
    private static readonly ToolParameter.Text Confirm = new("confirm", "The code from this tool's plan, to do what it says. Without it nothing is done and the plan is returned.");

    public static IReadOnlyList<ToolDefinition> All { get; } =
    [
        new(
            "worker_start", "Start a worker", ToolEffect.Starts,
            "Starts a worker that is down, or revives one that gave up. One that runs is left as it is. Returns when its process runs.",
            [StatusTools.Worker],
            async (manager, arguments, cancel) => new(Told.Worker(await manager.StartWorkerAsync(arguments.Text("worker"), cancel).ConfigureAwait(false)))),
        new(
            "worker_stop", "Stop a worker or a type", ToolEffect.Stops,
            "Stops a worker, or all workers of a type, first politely, then by force, with all processes they started. They stay down until worker_start. The first call does nothing: it returns the plan (which processes, in which order, how long at worst) and a code. Call again with the same arguments and that code as 'confirm' to do it.",
            [new ToolParameter.Text("worker", "A worker's name, or a type for all of it.", Required: true), Timeout, Confirm],
            (manager, arguments, cancel) => PlannedAsync(manager, arguments, "stop", StopAsync, cancel)),
        new(
            "worker_restart", "Restart a worker", ToolEffect.Restarts,
            "Stops one worker as worker_stop does, and starts it again. The first call does nothing: it returns the plan and a code. Call again with the same arguments and that code as 'confirm' to do it. Returns when its new process runs.",
            [StatusTools.Worker, Timeout, Confirm],
            (manager, arguments, cancel) =>
            {
                StatusTools.Find(manager.GetWorkerStatus(), arguments.Text("worker"));
                return PlannedAsync(manager, arguments, "restart", RestartAsync, cancel);
            }),
    ];

    private delegate Task<ToolAnswer> Act(WorkerManager manager, string target, TimeSpan timeout, CancellationToken cancellationToken);

    private static async Task<ToolAnswer> PlannedAsync(WorkerManager manager, ToolArguments arguments, string action, Act act, CancellationToken cancellationToken)
    {
        var (target, timeout) = (arguments.Text("worker"), TimeSpan.FromSeconds(arguments.Whole(Timeout.Name)));
        // The plan tells how many processes would go: they are counted now.
        await manager.GetWorkerStatusAsync(cancellationToken).ConfigureAwait(false);
        var plan = manager.PlanStop(target, timeout);
        var code = CodeOf(action, target, plan);
        if (arguments.TextOrNull(Confirm.Name) is { } confirmed)
        {
            return confirmed == code
                ? await act(manager, target, timeout, cancellationToken).ConfigureAwait(false)
                : throw new BadQueryException($"'{confirmed}' is not the code of this plan (other arguments, or the workers changed since): nothing was done; call without 'confirm' for the plan and its code");
        }

        return new(new()
        {
            ["done"] = false,
            ["message"] = $"nothing was done yet; to {action} '{target}' as planned here, call again with the same arguments and confirm '{code}'",
            ["plan"] = Told.Plan(plan),
            ["then_started_again"] = action == "restart",
            ["confirm"] = code,
        });
    }

    private static async Task<ToolAnswer> StopAsync(WorkerManager manager, string target, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // As the plan takes the word: a name before a type.
        IReadOnlyList<WorkerStopReport> reports = manager.GetWorkerStatus().Workers.Any(worker => worker.Name == target)
            ? [await manager.StopWorkerAsync(target, timeout, cancellationToken).ConfigureAwait(false)]
            : (await manager.StopWorkerTypeAsync(target, timeout, cancellationToken).ConfigureAwait(false)).Workers;
        var unsettled = reports.Count(report => report.Outcome == "not settled");
        return new(
            new()
            {
                ["done"] = true,
                ["message"] = unsettled == 0 ? $"stopped: {string.Join(", ", reports.Select(report => report.Name))}" : $"{unsettled} of {reports.Count} are not settled: some of their processes are not known to be dead",
                ["workers"] = Told.Array(reports, Told.Stop),
            },
            Failed: unsettled > 0);
    }

    private static async Task<ToolAnswer> RestartAsync(WorkerManager manager, string target, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var worker = await manager.RestartWorkerAsync(target, timeout, cancellationToken).ConfigureAwait(false);
        return new(new() { ["done"] = true, ["message"] = $"restarted: {target}", ["worker"] = Told.Worker(worker) });
    }

    // No secret: it only ties the confirmation to what was shown.
    private static string CodeOf(string action, string target, StopPlan plan)
    {
        var text = new StringBuilder(action).Append('\n').Append(target).Append('\n');
        foreach (var wave in plan.Waves)
        {
            text.AppendJoin(';', wave.OrderBy(worker => worker.Name, StringComparer.Ordinal).Select(worker => $"{worker.Name}={worker.Ladder}")).Append('\n');
        }

        return string.Create(CultureInfo.InvariantCulture, $"{action}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 4))}");
    }
}
