using System.Text.Json;
using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Cli;

/// <summary><c>workers wait</c>: follows the manager's events until what is waited for holds.</summary>
internal static class WaitVerb
{
    public static async Task<int> WaitAsync(Invocation call, string? name, string state, string timeout, CancellationToken cancellationToken)
    {
        if (!Durations.TryParse(timeout, out var limit) || state is not ("running" or "ready" or "stopped"))
        {
            return call.Wrong("give --for running, ready or stopped, and --timeout as a duration such as 30s");
        }

        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(limit);
        using var client = new ManagerClient(call.StateDirectory);
        var waitingFor = name ?? "every worker";
        try
        {
            await foreach (var status in client.WatchAsync(bound.Token).ConfigureAwait(false))
            {
                using (status)
                {
                    var workers = status.RootElement.GetProperty("workers").EnumerateArray().Where(worker => name is null || worker.GetProperty("name").GetString() == name).ToArray();
                    if (name is not null && workers.Length == 0)
                    {
                        return call.Fail($"there is no worker '{name}'");
                    }

                    var missing = workers.Where(worker => !Holds(worker, state)).ToArray();
                    if (missing.Length == 0)
                    {
                        return call.Json ? call.PrintJson(status) : ExitCodes.Done;
                    }

                    waitingFor = string.Join(", ", missing.Select(worker => $"{worker.GetProperty("name").GetString()} ({worker.GetProperty("state").GetString()}: {worker.GetProperty("why").GetString()})"));
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over, which the following says.
        }

        _ = call.Fail($"not {state} within {timeout}: {waitingFor}");
        return ExitCodes.NotSettled;
    }

    private static bool Holds(JsonElement worker, string state) => state switch
    {
        "ready" => worker.GetProperty("ready").GetBoolean(),
        "running" => worker.GetProperty("state").GetString() == "Running",
        _ => worker.GetProperty("state").GetString() is "Stopped" or "GaveUp",
    };
}
