using System.Text.Json;
using WorkerManagement.Cli.Output;

namespace WorkerManagement.Cli;

/// <summary><c>workers stop</c>: a worker, a type, or everything; or only what that would do.</summary>
internal static class StopVerb
{
    public static async Task<int> RunAsync(Invocation call, string? target, bool all, bool plan, string? timeout, CancellationToken cancellationToken)
    {
        if ((target is null) == !all)
        {
            return call.Wrong("name a worker or a type, or give --all");
        }

        if (!Timeouts.IsDuration(timeout))
        {
            return call.Wrong(Timeouts.NotADuration(timeout));
        }

        using var client = new ManagerClient(call.StateDirectory);
        if (plan)
        {
            var of = target is null ? "" : (timeout is null ? "?" : "&") + "of=" + Uri.EscapeDataString(target);
            using var planned = await client.AskAsync(HttpMethod.Get, "/v1/plan" + Timeouts.Query(timeout) + of, cancellationToken).ConfigureAwait(false);
            return call.Json ? call.PrintJson(planned) : call.PrintPlan(planned.RootElement);
        }

        var path = target is null ? "/v1/stop" : await PathAsync(call, client, target, cancellationToken).ConfigureAwait(false);
        var stopping = client.AskAsync(HttpMethod.Post, path + Timeouts.Query(timeout), cancellationToken);
        using var answer = await Progress.WhileAsync(call, $"stop {target ?? "everything"}", client, stopping, cancellationToken).ConfigureAwait(false);
        return Tell(call, target, answer);
    }

    // A name is meant before a type. That nothing of a type is there is a success, but may be a slip.
    private static async Task<string> PathAsync(Invocation call, ManagerClient client, string target, CancellationToken cancellationToken)
    {
        using var status = await client.AskAsync(HttpMethod.Get, "/v1/status", cancellationToken).ConfigureAwait(false);
        var workers = status.RootElement.GetProperty("workers").EnumerateArray().ToArray();
        if (workers.Any(worker => worker.GetProperty("name").GetString() == target))
        {
            return $"/v1/workers/{Uri.EscapeDataString(target)}/stop";
        }

        var types = workers.Select(worker => worker.GetProperty("type").GetString()!).Distinct().ToArray();
        if (!types.Contains(target))
        {
            await call.Error.WriteLineAsync($"workers: there is no worker or type '{target}'{Spelling.Hint(target, [.. workers.Select(worker => worker.GetProperty("name").GetString()!).Union(types)])}").ConfigureAwait(false);
        }

        return $"/v1/types/{Uri.EscapeDataString(target)}/stop";
    }

    private static int Tell(Invocation call, string? target, JsonDocument answer)
    {
        var root = answer.RootElement;
        var settled = root.TryGetProperty("success", out var success) ? success.GetBoolean() : root.GetProperty("outcome").GetString() != "not settled";
        var told = root.TryGetProperty("message", out var message) ? message.GetString()!
            : $"{target}: {root.GetProperty("outcome").GetString()}" + (root.GetProperty("reason").GetString() is { } reason ? $" ({reason})" : "");
        _ = call.Json ? call.PrintJson(answer) : settled ? call.Confirm(told) : call.Say(told);
        return settled ? ExitCodes.Done : ExitCodes.NotSettled;
    }
}
