using Microsoft.Extensions.Logging;

namespace WorkerManagement;

/// <summary>
/// Starts, knows, keeps up and stops the background workers of a server. Every member may be called from any thread.
/// </summary>
public sealed partial class WorkerManager : IAsyncDisposable, IDisposable
{
    /// <summary>A manager of its own, beside the process-wide one. Nothing is touched until the first worker.</summary>
    public WorkerManager(WorkerManagerOptions options, TimeProvider? time = null, ILoggerFactory? loggers = null) => throw new NotImplementedException();

    /// <summary>The process-wide default.</summary>
    public static WorkerManager Instance => throw new NotImplementedException();

    /// <summary>The process-wide default.</summary>
    public static WorkerManager GetInstance() => Instance;

    /// <summary>The options it was built with.</summary>
    public WorkerManagerOptions Options => throw new NotImplementedException();

    /// <summary>Takes the state directory, starts guard and keeper, and removes what an earlier manager left. Other members call it when needed.</summary>
    public Task StartAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Hands over a worker that somebody else started.</summary>
    public void RegisterWorker(string workerType, WorkerRegistration registration) => throw new NotImplementedException();

    /// <summary>Takes registered workers out of the registry without stopping them; returns how many left.</summary>
    public int UnregisterWorker(string workerType, int? pid = null) => throw new NotImplementedException();

    /// <summary>The latest snapshot; never waits.</summary>
    public WorkerStatusReport GetWorkerStatus() => throw new NotImplementedException();

    /// <summary>Snapshots: the present one first, then each change.</summary>
    public IAsyncEnumerable<WorkerStatusReport> WatchAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Adds a worker and starts it; completes when it runs (not: is ready), or fails with what went wrong. A spec of the same name that is down is replaced.</summary>
    public Task<WorkerStatus> StartWorkerAsync(WorkerSpec spec, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Starts several workers in the order of their dependencies; completes when all run.</summary>
    public Task<IReadOnlyList<WorkerStatus>> StartWorkersAsync(IReadOnlyCollection<WorkerSpec> specs, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Starts a known worker that is down; revives one that gave up.</summary>
    public Task<WorkerStatus> StartWorkerAsync(string name, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Stops one worker by name.</summary>
    public Task<WorkerStopReport> StopWorkerAsync(string name, TimeSpan? timeout = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Stops and starts one worker.</summary>
    public Task<WorkerStatus> RestartWorkerAsync(string name, TimeSpan? timeout = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Brings the replicas of a template to a number: <c>NAME-1</c> … <c>NAME-n</c>.</summary>
    public Task<IReadOnlyList<WorkerStatus>> ScaleAsync(WorkerSpec template, int replicas, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Sends a signal to a worker's leader.</summary>
    public Task SignalWorkerAsync(string name, int signal, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Removes the spec of a worker that is down.</summary>
    public Task RemoveWorkerAsync(string name, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Stops all workers of a type; blocks. 10 s by default until force begins.</summary>
    public StopTypeReport StopWorkerType(string workerType, TimeSpan? timeout = null) => throw new NotImplementedException();

    /// <summary>Stops all workers of a type.</summary>
    public Task<StopTypeReport> StopWorkerTypeAsync(string workerType, TimeSpan? timeout = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Stops everything; blocks. 30 s by default until force begins.</summary>
    public StopAllReport StopAllWorkers(TimeSpan? timeout = null) => throw new NotImplementedException();

    /// <summary>Stops everything.</summary>
    public Task<StopAllReport> StopAllWorkersAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>What a stop would do: of everything, of one type or of one name.</summary>
    public StopPlan PlanStop(string? typeOrName = null, TimeSpan? timeout = null) => throw new NotImplementedException();

    /// <summary>The directory that holds the output of a worker: <c>NAME.log</c> and its rotated predecessors <c>NAME.log.1</c> …</summary>
    public string LogDirectory => throw new NotImplementedException();

    /// <summary>Stops everything and lets go of guard and state directory.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();

    /// <summary>As <see cref="DisposeAsync"/>; blocks.</summary>
    public void Dispose() => throw new NotImplementedException();
}
