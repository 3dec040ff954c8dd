using System.Globalization;
using System.Text.Json;
using WorkerManagement.Cli.Output;
using WorkerManagement.Guarding;

namespace WorkerManagement.Cli;

/// <summary><c>workers reap</c> and <c>workers verify</c>: what is there that nobody answers for.</summary>
internal static class LeftoverVerbs
{
    public static async Task<int> ReapAsync(Invocation call, bool plan, CancellationToken cancellationToken)
    {
        if (plan)
        {
            return await PlanAsync(call, cancellationToken).ConfigureAwait(false);
        }

        var manager = new WorkerManager(new() { StateDirectory = call.StateDirectory });
        await using (manager.ConfigureAwait(false))
        {
            await manager.StartAsync(cancellationToken).ConfigureAwait(false);
            var reaped = manager.GetWorkerStatus().Incidents.Where(incident => incident.Kind == "leftover_reaped").Select(incident => incident.Reason).ToArray();
            var left = GuardSweep.Find(call.StateDirectory);
            _ = call.Json
                ? call.PrintValue(writer =>
                {
                    writer.WriteNumber("reaped", reaped.Length);
                    writer.WriteNumber("left", left.Count);
                })
                : call.Confirm(reaped.Length == 0 ? "nothing was left" : string.Join('\n', reaped));
            return left.Count == 0 ? ExitCodes.Done : ExitCodes.NotSettled;
        }
    }

    public static async Task<int> VerifyAsync(Invocation call, CancellationToken cancellationToken)
    {
        var found = GuardSweep.Find(call.StateDirectory);
        var known = new HashSet<long>();
        try
        {
            using var client = new ManagerClient(call.StateDirectory);
            using var answer = await client.AskAsync(HttpMethod.Get, "/v1/status", cancellationToken).ConfigureAwait(false);
            known = answer.RootElement.GetProperty("workers").EnumerateArray().Where(worker => worker.GetProperty("state").GetString() is not ("Stopped" or "GaveUp"))
                .Select(worker => worker.GetProperty("incarnation").GetInt64()).ToHashSet();
        }
        catch (NoManagerException)
        {
            // Then nothing may be there at all.
        }

        var leaked = found.Where(process => !known.Contains(process.Incarnation)).ToArray();
        _ = call.Json
            ? call.PrintValue(writer =>
            {
                writer.WriteNumber("processes", found.Count);
                writer.WriteStartArray("leaked");
                foreach (var process in leaked)
                {
                    writer.WriteNumberValue(process.Pid);
                }

                writer.WriteEndArray();
            })
            : leaked.Length == 0
                ? call.Confirm(string.Create(CultureInfo.InvariantCulture, $"nothing leaked: {found.Count} processes, each of a listed worker"))
                : call.Say(string.Join('\n', leaked.Select(process => $"leaked: process {process.Pid} ({process.Name}) of run {process.Incarnation}; 'workers reap' ends it when no manager runs")));
        return leaked.Length == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    // What a manager's workers are is no leftover: reap is refused while one runs.
    private static async Task<int> PlanAsync(Invocation call, CancellationToken cancellationToken)
    {
        try
        {
            using var client = new ManagerClient(call.StateDirectory);
            using var answer = await client.AskAsync(HttpMethod.Get, "/v1/status", cancellationToken).ConfigureAwait(false);
            return call.Wrong($"process {answer.RootElement.GetProperty("manager").GetProperty("pid")} manages '{Path.GetFullPath(call.StateDirectory)}': reap would be refused; stop that manager first");
        }
        catch (NoManagerException)
        {
            // So all that carries the directory's tag is left over.
        }

        var found = GuardSweep.Find(call.StateDirectory);
        return call.Json
            ? call.PrintValue(writer => writer.WriteObjects("leftovers", found, process =>
            {
                writer.WriteNumber("pid", process.Pid);
                writer.WriteString("name", process.Name);
                writer.WriteNumber("incarnation", process.Incarnation);
            }))
            : call.Say(found.Count == 0 ? "nothing is left" : string.Join('\n', found.Select(process => $"process {process.Pid} ({process.Name}) of run {process.Incarnation} [SIGTERM 2s, SIGKILL]")));
    }
}
