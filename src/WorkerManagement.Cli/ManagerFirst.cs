using Microsoft.Extensions.Hosting;

namespace WorkerManagement.Cli;

/// <summary>Stops the workers before the web server goes: whoever watches sees the stop, and no open connection takes of its time.</summary>
internal sealed class ManagerFirst(WorkerManager manager) : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await manager.StopAllWorkersAsync(manager.Options.ShutdownTimeout, cancellationToken).ConfigureAwait(false);
        await manager.DisposeAsync().ConfigureAwait(false);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
