using System.Globalization;
using System.Text.Json.Nodes;

namespace WorkerManagement.Api.Mcp;

/// <summary>Reports as an assistant reads them best: what matters, times as ISO 8601 in UTC, which all tools take as <c>since</c> too. Pure.</summary>
internal static class Told
{
    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static JsonObject Worker(WorkerStatus worker) => new()
    {
        ["name"] = worker.Name,
        ["type"] = worker.Type,
        ["state"] = worker.State.ToString(),
        ["why"] = worker.Why,
        ["since"] = Time(worker.Since),
        ["desired"] = worker.Desired.ToString(),
        ["ready"] = worker.Ready,
        ["alive"] = worker.Alive,
        ["pid"] = worker.Pid,
        ["members"] = worker.Members,
        ["incarnation"] = worker.Incarnation,
        ["restarts"] = worker.Restarts,
    };

    public static JsonObject? Exit(WorkerExit? exit) => exit is null ? null : new()
    {
        ["at"] = Time(exit.At),
        ["code"] = exit.Code,
        ["signal"] = exit.Signal,
        ["core"] = exit.Core,
        ["lost"] = exit.Lost,
        ["user_seconds"] = exit.UserTime.TotalSeconds,
        ["system_seconds"] = exit.SystemTime.TotalSeconds,
        ["peak_memory_bytes"] = exit.PeakMemoryBytes,
    };

    public static JsonObject Stop(WorkerStopReport report) => new()
    {
        ["name"] = report.Name,
        ["outcome"] = report.Outcome,
        ["seconds"] = report.Duration.TotalSeconds,
        ["members_killed"] = report.MembersKilled,
        ["reason"] = report.Reason,
        ["unsettled_pids"] = Array(report.Unsettled, pid => pid),
    };

    public static JsonObject Plan(StopPlan plan) => new()
    {
        ["steps"] = Array(plan.Waves, wave => Array(wave, worker => new JsonObject
        {
            ["name"] = worker.Name,
            ["pid"] = worker.Pid,
            ["processes"] = worker.Members,
            ["ladder"] = worker.Ladder,
            ["grace_seconds"] = worker.Grace.TotalSeconds,
        })),
        ["worst_case_seconds"] = plan.WorstCase.TotalSeconds,
    };

    public static JsonArray Array<T>(IEnumerable<T> items, Func<T, JsonNode?> tell) => new([.. items.Select(tell)]);
}
