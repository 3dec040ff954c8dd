using System.Globalization;
using System.Text.Json;
using WorkerManagement.Guarding;
using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Cli;

/// <summary>What each verb does once its words are understood.</summary>
internal static class Verbs
{
    public static async Task<int> ShowAsync(Invocation call, CancellationToken cancellationToken)
    {
        using var client = new ManagerClient(call.StateDirectory);
        using var answer = await client.AskAsync(HttpMethod.Get, "/v1/status", cancellationToken).ConfigureAwait(false);
        return call.Json ? call.PrintJson(answer) : call.PrintTable(answer.RootElement.GetProperty("workers"));
    }

    public static async Task<int> StartAsync(Invocation call, string verb, string name, string? timeout, CancellationToken cancellationToken)
    {
        if (!IsDuration(timeout))
        {
            return call.Wrong(NotADuration(timeout));
        }

        using var client = new ManagerClient(call.StateDirectory);
        using var answer = await client.AskAsync(HttpMethod.Post, $"/v1/workers/{Uri.EscapeDataString(name)}/{verb}{Query(timeout)}", cancellationToken).ConfigureAwait(false);
        return call.Json ? call.PrintJson(answer) : call.Say($"{name} is {answer.RootElement.GetProperty("state").GetString()} (pid {answer.RootElement.GetProperty("pid")})");
    }

    public static async Task<int> StopAsync(Invocation call, string? target, bool all, bool plan, string? timeout, CancellationToken cancellationToken)
    {
        if ((target is null) == !all)
        {
            return call.Wrong("name a worker or a type, or give --all");
        }

        if (!IsDuration(timeout))
        {
            return call.Wrong(NotADuration(timeout));
        }

        using var client = new ManagerClient(call.StateDirectory);
        if (plan)
        {
            var of = target is null ? "" : (timeout is null ? "?" : "&") + "of=" + Uri.EscapeDataString(target);
            using var planned = await client.AskAsync(HttpMethod.Get, "/v1/plan" + Query(timeout) + of, cancellationToken).ConfigureAwait(false);
            return call.Json ? call.PrintJson(planned) : call.PrintPlan(planned.RootElement);
        }

        using var status = await client.AskAsync(HttpMethod.Get, "/v1/status", cancellationToken).ConfigureAwait(false);
        var workers = status.RootElement.GetProperty("workers").EnumerateArray().ToArray();
        var isName = target is not null && workers.Any(worker => worker.GetProperty("name").GetString() == target);
        var path = target is null ? "/v1/stop" : isName ? $"/v1/workers/{Uri.EscapeDataString(target)}/stop" : $"/v1/types/{Uri.EscapeDataString(target)}/stop";
        using var answer = await client.AskAsync(HttpMethod.Post, path + Query(timeout), cancellationToken).ConfigureAwait(false);
        var root = answer.RootElement;
        var settled = root.TryGetProperty("success", out var success) ? success.GetBoolean() : root.GetProperty("outcome").GetString() != "not settled";
        _ = call.Json ? call.PrintJson(answer)
            : root.TryGetProperty("message", out var message) ? call.Say(message.GetString()!)
            : call.Say($"{target}: {root.GetProperty("outcome").GetString()}" + (root.GetProperty("reason").GetString() is { } reason ? $" ({reason})" : ""));
        return settled ? ExitCodes.Done : ExitCodes.NotSettled;
    }

    public static async Task<int> SignalAsync(Invocation call, string name, string signal, CancellationToken cancellationToken)
    {
        using var client = new ManagerClient(call.StateDirectory);
        using var answer = await client.AskAsync(HttpMethod.Post, $"/v1/workers/{Uri.EscapeDataString(name)}/signal?signal={Uri.EscapeDataString(signal)}", cancellationToken).ConfigureAwait(false);
        return call.Json ? call.PrintJson(answer) : call.Say($"{signal} was sent to {name}");
    }

    public static async Task<int> ReapAsync(Invocation call, CancellationToken cancellationToken)
    {
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
                : call.Say(reaped.Length == 0 ? "nothing was left" : string.Join('\n', reaped));
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
            : call.Say(leaked.Length == 0
                ? string.Create(CultureInfo.InvariantCulture, $"nothing leaked: {found.Count} processes, each of a listed worker")
                : string.Join('\n', leaked.Select(process => $"leaked: process {process.Pid} ({process.Name}) of run {process.Incarnation}; 'workers reap' ends it when no manager runs")));
        return leaked.Length == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static bool IsDuration(string? timeout) => timeout is null || Durations.TryParse(timeout, out _);

    private static string NotADuration(string? timeout) => $"--timeout '{timeout}' is not a duration; give one such as 10s, 200ms or 1m30s";

    private static string Query(string? timeout) => timeout is null ? "" : "?timeout=" + Uri.EscapeDataString(timeout);
}
