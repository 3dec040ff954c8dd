using System.Globalization;
using System.Text.Json;
using WorkerManagement.Guarding;

namespace WorkerManagement.Cli.Doctor;

/// <summary>The manager that runs, if one does: whether it answers, its workers, and what an earlier one left.</summary>
internal static class ManagerChecks
{
    /// <summary>Asks the manager once; its status where it answers.</summary>
    public static async Task<(Check Check, JsonDocument? Status)> AskAsync(string stateDirectory, CancellationToken cancellationToken)
    {
        const string name = "socket";
        var socket = ApiSocket.Find(Path.GetFullPath(stateDirectory));
        try
        {
            using var client = new ManagerClient(stateDirectory);
            var status = await client.AskAsync(HttpMethod.Get, "/v1/status", cancellationToken).ConfigureAwait(false);
            return (Check.Ok(name, $"process {status.RootElement.GetProperty("manager").GetProperty("pid")} answers at '{socket}'"), status);
        }
        catch (NoManagerException)
        {
            return (File.Exists(socket)
                ? Check.Warn(name, $"'{socket}' is there, but nobody listens: its manager was killed", "workers run (which ends what was left, and replaces the socket)")
                : Check.Ok(name, "no manager runs here"), null);
        }
        catch (WorkerManagementException exception)
        {
            return (Check.Fail(name, exception.Message, "do as it says; the command needs the user that runs the manager, and its version"), null);
        }
    }

    /// <summary>The rest of it; of one that is there and does not answer nothing is known.</summary>
    public static IEnumerable<Check> All(string state, Check answered, JsonDocument? status) => answered.State == "fail"
        ? ((string[])["workers", "incidents", "leftovers"]).Select(name => Check.Warn(name, "not known: the manager does not answer", "mend its socket's line first"))
        : [Workers(status), Incidents(status), Leftovers(state, status)];

    private static Check Workers(JsonDocument? status)
    {
        if (status is null)
        {
            return Check.Ok("workers", "none: no manager runs");
        }

        var workers = status.RootElement.GetProperty("workers").EnumerateArray().ToArray();
        var bad = workers.Where(worker => worker.GetProperty("health").GetString() == "unhealthy").Select(worker => worker.GetProperty("name").GetString()!).ToArray();
        return bad.Length == 0 ? Check.Ok("workers", string.Create(CultureInfo.InvariantCulture, $"{workers.Length}, none of them given up"))
            : Check.Warn("workers", $"not well: {string.Join(", ", bad)}", $"workers why {bad[0]}; workers start {bad[0]}");
    }

    // What the machine refused a running manager.
    private static Check Incidents(JsonDocument? status)
    {
        var last = status?.RootElement.GetProperty("incidents").EnumerateArray().LastOrDefault(incident => incident.GetProperty("kind").GetString() is "log_failure" or "state_failure" or "no_guard" or "internal_error");
        return last is { ValueKind: JsonValueKind.Object } incident
            ? Check.Warn("incidents", incident.GetProperty("reason").GetString()!, "free the disk or mend the mode, then: workers status -o json, and look at its incidents")
            : Check.Ok("incidents", "the machine refused nothing");
    }

    private static Check Leftovers(string state, JsonDocument? status)
    {
        var known = status?.RootElement.GetProperty("workers").EnumerateArray().Select(worker => worker.GetProperty("incarnation").GetInt64()).ToHashSet() ?? [];
        var left = GuardSweep.Find(state).Where(process => !known.Contains(process.Incarnation)).ToArray();
        return left.Length == 0 ? Check.Ok("leftovers", "no process of an earlier manager")
            : Check.Warn("leftovers", $"of an earlier manager: {string.Join(", ", left.Select(process => $"{process.Pid} ({process.Name})"))}", status is null ? "workers reap" : "workers verify, then stop this manager and: workers reap");
    }
}
