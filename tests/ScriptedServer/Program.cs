using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ScriptedServer;
using WorkerManagement;
using WorkerManagement.Hosting;

// A server with every nasty worker, which dies in the way that it is told once all are up. Without a way it waits to be killed.
//   serve KIND WAY NESTED-STATE    KIND: instance | host, WAY: wait | throw | fail-fast | exit | return
//   nested STATE                   a worker that is a manager itself
//   hello                          whether this user can run it at all
// State directory and containment come from WORKERS_STATE_DIR and WORKERS_CONTAINMENT, as for any server.
switch (args)
{
    case ["hello"]:
        return 0;
    case ["nested", var state]:
        await NestedAsync(state);
        return 0;
    case ["serve", "host", _, var nestedState]:
        await HostAsync(nestedState);
        return 0;
    case ["serve", "instance", var way, var nestedState]:
        await ServeAsync(WorkerManager.Instance, NastyWorkers.Specs(nestedState));
        return await DieAsync(way);
    default:
        Console.Error.WriteLine("usage: see the top of Program.cs");
        return 2;
}

static async Task ServeAsync(WorkerManager manager, WorkerSpec[] specs)
{
    await manager.StartWorkersAsync(specs);
    await UntilUpAsync(manager, specs);
    var status = manager.GetWorkerStatus().Manager;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"up {Environment.ProcessId} {status.GuardPid} {status.KeeperPid} {status.Containment} {status.ContainmentNote}"));
}

static async Task UntilUpAsync(WorkerManager manager, WorkerSpec[] specs)
{
    await foreach (var report in manager.WatchAsync())
    {
        var ready = report.Workers.Count(worker => worker.Ready || specs.Single(spec => spec.Name == worker.Name).Restart == RestartPolicy.Temporary && worker.State == WorkerState.Stopped);
        if (ready == specs.Length)
        {
            return;
        }
    }
}

static async Task<int> DieAsync(string way)
{
    switch (way)
    {
        case "throw":
            throw new InvalidOperationException("an exception that nobody handles");
        case "fail-fast":
            Environment.FailFast("told to");
            return 0;
        case "exit":
            Environment.Exit(3);
            return 0;
        case "return":
            return 4;
        default:
            await Task.Delay(Timeout.Infinite);
            return 0;
    }
}

static async Task HostAsync(string nestedState)
{
    var builder = Host.CreateApplicationBuilder();
    builder.Logging.ClearProviders();
    builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(40));
    builder.Services.AddWorkerManager();
    using var host = builder.Build();
    await host.StartAsync();
    await ServeAsync(WorkerManager.Instance, NastyWorkers.Specs(nestedState));
    await host.WaitForShutdownAsync();
}

static async Task NestedAsync(string state)
{
    // The outer manager's choice of directory is not this one's.
    var manager = new WorkerManager(new() { StateDirectory = state });
    await manager.StartWorkerAsync(NastyWorkers.Inner());
    await UntilUpAsync(manager, [NastyWorkers.Inner()]);
    using var witness = Announce();
    Console.WriteLine("up");
    await Task.Delay(Timeout.Infinite);
}

static FileStream? Announce()
{
    if (Environment.GetEnvironmentVariable("WITNESS") is not { Length: > 0 } path)
    {
        return null;
    }

    var witness = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
    var line = string.Create(
        CultureInfo.InvariantCulture,
        $"{Environment.GetEnvironmentVariable("WORKER_NAME")} {Environment.GetEnvironmentVariable("WORKER_INCARNATION")} {Environment.ProcessId}\n");
    witness.Write(System.Text.Encoding.UTF8.GetBytes(line));
    return witness;
}
