using Microsoft.Extensions.Hosting;
using WorkerManagement;

namespace Samples.Server;

/// <summary>Says on standard output what becomes of the workers.</summary>
internal sealed class Told(WorkerManager manager) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var last = "";
        await foreach (var report in manager.WatchAsync(stoppingToken))
        {
            var now = string.Join(", ", report.Workers.Select(worker => $"{worker.Name} is {worker.State}{(worker.Ready ? $" and ready after {worker.Restarts} restarts, process {worker.Pid}" : "")}"));
            if (now != last)
            {
                Console.WriteLine(last = now);
            }
        }
    }
}
