using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace WorkerManagement.Hosting;

/// <summary>What the snapshot says of the workers' health. Never waits.</summary>
internal sealed class WorkerManagerHealthCheck(WorkerManager manager) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var workers = manager.GetWorkerStatus().Workers;
        var bad = workers.Where(worker => worker.Health == "unhealthy").Select(worker => $"{worker.Name}: {worker.Why}").ToArray();
        var waiting = workers.Where(worker => worker.Desired is DesiredState.Up && !worker.Ready).Select(worker => $"{worker.Name}: {worker.Why}").ToArray();
        return Task.FromResult(
            bad.Length > 0 ? HealthCheckResult.Unhealthy(string.Join("; ", bad))
            : waiting.Length > 0 ? HealthCheckResult.Degraded(string.Join("; ", waiting))
            : HealthCheckResult.Healthy($"{workers.Count} workers"));
    }
}
