using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace WorkerManagement.Hosting;

/// <summary>Puts a <see cref="WorkerManager"/> under a host.</summary>
public static class WorkerManagerServiceCollectionExtensions
{
    /// <summary>
    /// Adds one manager, which becomes <see cref="WorkerManager.Instance"/>, starts its workers with the host and stops them with
    /// it. A second call changes the same options.
    /// </summary>
    public static IServiceCollection AddWorkerManager(this IServiceCollection services, Action<WorkerManagerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.FirstOrDefault(service => service.ServiceType == typeof(WorkerManagerOptions))?.ImplementationInstance as WorkerManagerOptions;
        if (options is null)
        {
            options = new();
            services.AddSingleton(options);
            services.AddSingleton(provider => new WorkerManager(options, null, provider.GetService<ILoggerFactory>()));
            services.AddHostedService<WorkerManagerHostedService>();
        }

        configure?.Invoke(options);
        return services;
    }

    /// <summary>Adds the check <c>workers</c>: unhealthy when a worker gave up or is not settled, degraded while one that should be up is not ready.</summary>
    public static IHealthChecksBuilder AddWorkerManager(this IHealthChecksBuilder checks)
    {
        ArgumentNullException.ThrowIfNull(checks);
        return checks.AddCheck<WorkerManagerHealthCheck>("workers");
    }
}
