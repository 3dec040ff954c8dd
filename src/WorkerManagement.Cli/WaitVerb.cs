using System.Diagnostics;
using System.Text.Json;
using WorkerManagement.Cli.Output;
using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Cli;

/// <summary><c>workers wait</c>: follows the manager's events until what is waited for holds.</summary>
internal static class WaitVerb
{
    // A manager that was launched a moment ago, as in "workers run & workers wait", does not listen yet.
    private static readonly TimeSpan Launch = TimeSpan.FromSeconds(2), Pause = TimeSpan.FromMilliseconds(20);

    public static async Task<int> WaitAsync(Invocation call, string? name, string state, string timeout, CancellationToken cancellationToken)
    {
        if (!Durations.TryParse(timeout, out var limit) || state is not ("running" or "ready" or "stopped"))
        {
            return call.Wrong("give --for running, ready or stopped, and --timeout as a duration such as 30s");
        }

        using var client = await ConnectAsync(call, limit < Launch ? limit : Launch, cancellationToken).ConfigureAwait(false);
        var watching = WatchAsync(client, name, state, limit, timeout, cancellationToken);
        var (code, status, told) = await Progress.WhileAsync(call, $"wait until {name ?? "all"} {(state == "running" ? "run" : $"are {state}")}", client, watching, cancellationToken).ConfigureAwait(false);
        using (status)
        {
            if (code != ExitCodes.Done)
            {
                _ = call.Fail(told);
            }
            else if (call.Json)
            {
                _ = call.PrintJson(status!);
            }

            return code;
        }
    }

    private static async Task<ManagerClient> ConnectAsync(Invocation call, TimeSpan limit, CancellationToken cancellationToken)
    {
        for (var since = Stopwatch.GetTimestamp(); ; await Task.Delay(Pause, TimeProvider.System, cancellationToken).ConfigureAwait(false))
        {
            var client = new ManagerClient(call.StateDirectory);
            try
            {
                (await client.AskAsync(HttpMethod.Get, "/v1/status", cancellationToken).ConfigureAwait(false)).Dispose();
                return client;
            }
            catch (NoManagerException) when (Stopwatch.GetElapsedTime(since) < limit)
            {
                client.Dispose();
            }
            catch
            {
                client.Dispose();
                throw;
            }
        }
    }

    private static async Task<(int Code, JsonDocument? Status, string Told)> WatchAsync(ManagerClient client, string? name, string state, TimeSpan limit, string timeout, CancellationToken cancellationToken)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(limit);
        var waitingFor = name ?? "every worker";
        try
        {
            await foreach (var status in client.WatchAsync(bound.Token).ConfigureAwait(false))
            {
                var all = status.RootElement.GetProperty("workers").EnumerateArray().ToArray();
                var workers = all.Where(worker => name is null || worker.GetProperty("name").GetString() == name).ToArray();
                if (name is not null && workers.Length == 0)
                {
                    return (ExitCodes.Failed, status, $"there is no worker '{name}'{Spelling.Hint(name, [.. all.Select(worker => worker.GetProperty("name").GetString()!)])}");
                }

                var missing = workers.Where(worker => !Holds(worker, state)).ToArray();
                if (missing.Length == 0)
                {
                    return (ExitCodes.Done, status, "");
                }

                waitingFor = string.Join(", ", missing.Select(worker => $"{worker.GetProperty("name").GetString()} ({worker.GetProperty("state").GetString()}: {worker.GetProperty("why").GetString()})"));
                status.Dispose();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over, which the following says.
        }

        return (ExitCodes.NotSettled, null, $"not {state} within {timeout}: {waitingFor}");
    }

    private static bool Holds(JsonElement worker, string state) => state switch
    {
        "ready" => worker.GetProperty("ready").GetBoolean(),
        "running" => worker.GetProperty("state").GetString() == "Running",
        _ => worker.GetProperty("state").GetString() is "Stopped" or "GaveUp",
    };
}
