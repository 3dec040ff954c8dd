using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using WorkerManagement.Guarding;
using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;

namespace WorkerManagement.Cli.Drilling;

/// <summary>A manager as a drill sees it: its status, its processes, and waiting for what should follow a blow.</summary>
internal sealed class DrilledManager(string stateDirectory)
{
    public string StateDirectory { get; } = Path.GetFullPath(stateDirectory);

    /// <summary>Every process that carries the directory's tag now.</summary>
    public int[] Tagged() => [.. GuardSweep.Find(StateDirectory).Select(process => process.Pid)];

    /// <summary>The status now.</summary>
    /// <exception cref="NoManagerException">No manager answers.</exception>
    public async Task<JsonDocument> StatusAsync(CancellationToken cancellationToken)
    {
        using var client = new ManagerClient(StateDirectory);
        return await client.AskAsync(HttpMethod.Get, "/v1/status", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Manager, keeper and guard.</summary>
    public async Task<(int Manager, int Keeper, int Guard)> OwnAsync(CancellationToken cancellationToken)
    {
        using var status = await StatusAsync(cancellationToken).ConfigureAwait(false);
        var manager = status.RootElement.GetProperty("manager");
        return (manager.GetProperty("pid").GetInt32(), manager.GetProperty("keeper_pid").GetInt32(), manager.GetProperty("guard_pid").GetInt32());
    }

    /// <summary>Waits for a status in which this holds, which the manager tells by itself; whether it came within the bound.</summary>
    public async Task<bool> UntilAsync(Func<JsonElement, bool> holds, TimeSpan bound, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(bound);
        using var client = new ManagerClient(StateDirectory);
        try
        {
            await foreach (var status in client.WatchAsync(limit.Token).ConfigureAwait(false))
            {
                using (status)
                {
                    if (holds(status.RootElement))
                    {
                        return true;
                    }
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Not in time.
        }
        catch (NoManagerException)
        {
            // It ended, so it will not hold any more.
        }

        return false;
    }

    /// <summary>Whether every worker of before is up as another run, or down because its policy says so.</summary>
    public static bool AllUpAgain(JsonElement status, IReadOnlyDictionary<string, long> before) => status.GetProperty("workers").EnumerateArray()
        .Where(worker => before.ContainsKey(worker.GetProperty("name").GetString()!))
        .All(worker => worker.GetProperty("state").GetString() is "Stopped"
            ? worker.GetProperty("desired").GetString() == "down"
            : worker.GetProperty("state").GetString() == "Running" && worker.GetProperty("ready").GetBoolean() && worker.GetProperty("incarnation").GetInt64() > before[worker.GetProperty("name").GetString()!]);

    /// <summary>The runs of the managed workers that are up.</summary>
    public async Task<Dictionary<string, long>> RunsAsync(CancellationToken cancellationToken)
    {
        using var status = await StatusAsync(cancellationToken).ConfigureAwait(false);
        return status.RootElement.GetProperty("workers").EnumerateArray().Where(worker => worker.GetProperty("managed").GetBoolean() && worker.GetProperty("state").GetString() == "Running")
            .ToDictionary(worker => worker.GetProperty("name").GetString()!, worker => worker.GetProperty("incarnation").GetInt64());
    }

    /// <summary>The processes of one run.</summary>
    public int[] MembersOf(long run) => [.. GuardSweep.Find(StateDirectory).Where(process => process.Incarnation == run).Select(process => process.Pid)];

    /// <summary>Starts a manager of this directory as this very program.</summary>
    public Process Run(string configuration)
    {
        // As a tool of the runtime the program is dotnet, and the command its first argument.
        var program = Environment.ProcessPath!;
        string[] own = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Path.Combine(AppContext.BaseDirectory, "workers.dll")] : [];
        var start = new ProcessStartInfo(program, [.. own, "run", "-f", configuration, "--state-dir", StateDirectory]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        // It will be killed, and a runtime that is killed leaves the sockets of its diagnostics in the temporary directory.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return Process.Start(start)!;
    }

    /// <summary>A process in words, for a report.</summary>
    public static string Describe(int pid) => string.Create(CultureInfo.InvariantCulture, $"{pid} ({ProcName.Read(pid)})");

    /// <summary>Stops and kills exactly these, so that none can act on the others' death.</summary>
    public static async Task KillTogetherAsync(params int[] pids)
    {
        using var together = new Witness(pids);
        together.Send(Signals.Stop);
        together.Send(Signals.Kill);
        _ = await together.AllEndedAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
    }
}
