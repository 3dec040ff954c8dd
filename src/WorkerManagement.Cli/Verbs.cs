using WorkerManagement.Cli.Output;

namespace WorkerManagement.Cli;

/// <summary>Verbs that are one question to the manager and its answer.</summary>
internal static class Verbs
{
    public static Task<int> StartAsync(Invocation call, string name, CancellationToken cancellationToken) => StartAsync(call, "start", name, null, cancellationToken);

    public static async Task<int> RestartAsync(Invocation call, string name, bool plan, string? timeout, CancellationToken cancellationToken)
    {
        if (!Timeouts.IsDuration(timeout))
        {
            return call.Wrong(Timeouts.NotADuration(timeout));
        }

        if (!plan)
        {
            return await StartAsync(call, "restart", name, timeout, cancellationToken).ConfigureAwait(false);
        }

        using var client = new ManagerClient(call.StateDirectory);
        using var known = await client.AskAsync(HttpMethod.Get, $"/v1/workers/{Uri.EscapeDataString(name)}", cancellationToken).ConfigureAwait(false);
        using var planned = await client.AskAsync(HttpMethod.Get, $"/v1/plan?of={Uri.EscapeDataString(name)}{(timeout is null ? "" : "&timeout=" + Uri.EscapeDataString(timeout))}", cancellationToken).ConfigureAwait(false);
        if (call.Json)
        {
            return call.PrintJson(planned);
        }

        _ = call.PrintPlan(planned.RootElement);
        return call.Say($"then {name} is started again");
    }

    public static async Task<int> SignalAsync(Invocation call, string name, string signal, CancellationToken cancellationToken)
    {
        using var client = new ManagerClient(call.StateDirectory);
        using var answer = await client.AskAsync(HttpMethod.Post, $"/v1/workers/{Uri.EscapeDataString(name)}/signal?signal={Uri.EscapeDataString(signal)}", cancellationToken).ConfigureAwait(false);
        return call.Json ? call.PrintJson(answer) : call.Confirm($"{signal} was sent to {name}");
    }

    private static async Task<int> StartAsync(Invocation call, string verb, string name, string? timeout, CancellationToken cancellationToken)
    {
        using var client = new ManagerClient(call.StateDirectory);
        var starting = client.AskAsync(HttpMethod.Post, $"/v1/workers/{Uri.EscapeDataString(name)}/{verb}{Timeouts.Query(timeout)}", cancellationToken);
        using var answer = await Progress.WhileAsync(call, $"{verb} {name}", client, starting, cancellationToken).ConfigureAwait(false);
        return call.Json ? call.PrintJson(answer) : call.Confirm($"{name} is {answer.RootElement.GetProperty("state").GetString()} (pid {answer.RootElement.GetProperty("pid")})");
    }
}
