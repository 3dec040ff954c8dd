using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace WorkerManagement.Hosting;

/// <summary>Ties the manager to the host's life.</summary>
internal sealed class WorkerManagerHostedService(WorkerManager manager, IOptions<HostOptions> host, IHostApplicationLifetime lifetime) : IHostedService, IDisposable
{
    // What the stop needs beyond the workers' own time: settling, the guard's end, the host's other services.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly SignalsToStop _signals = new();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var available = host.Value.ShutdownTimeout;
        if (manager.Options.ShutdownTimeout > available)
        {
            throw new WorkerManagementException(
                $"the workers' shutdown timeout ({manager.Options.ShutdownTimeout.TotalSeconds:0.##} s) does not fit into HostOptions.ShutdownTimeout ({available.TotalSeconds:0.##} s): the host would leave before its workers; lower the first or raise the second");
        }

        foreach (var worker in manager.Options.Workers)
        {
            var grace = worker.Stop.Aggregate(TimeSpan.Zero, (sum, step) => sum + step.Wait);
            if (grace > available)
            {
                throw new WorkerManagementException(
                    $"the stop of worker '{worker.Name}' may take {grace.TotalSeconds:0.##} s, which does not fit into HostOptions.ShutdownTimeout ({available.TotalSeconds:0.##} s); shorten its stop, or raise the host's time (shutdown_timeout of a workers file)");
            }
        }

        WorkerManager.UseAsInstance(manager);

        // The host itself answers SIGINT, SIGTERM and SIGQUIT; a hang-up would end it without StopAsync.
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            lifetime.StopApplication();
        }));
        foreach (var signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGHUP])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, _ => HurryIfStopping()));
        }

        await manager.StartAsync(cancellationToken).ConfigureAwait(false);
        if (manager.Options.HostGoesOn)
        {
            // What becomes of each is in its status.
            await manager.BeginWorkersAsync([.. manager.Options.Workers]).ConfigureAwait(false);
            return;
        }

        await manager.StartWorkersAsync([.. manager.Options.Workers], cancellationToken).ConfigureAwait(false);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var limit = manager.Options.ShutdownTimeout;
        var available = host.Value.ShutdownTimeout - Margin;
        await manager.StopAllWorkersAsync(limit < available ? limit : available, cancellationToken).ConfigureAwait(false);
        await manager.DisposeAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    // A second signal during the stop means: now.
    private void HurryIfStopping()
    {
        if (!_signals.IsFirst(out var hurries) && hurries && lifetime.ApplicationStopping.IsCancellationRequested)
        {
            manager.Hurry();
        }
    }
}
