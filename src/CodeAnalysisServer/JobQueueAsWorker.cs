using CodeAnalysisServer.SqliteQueue.Jobs;
using WorkerManagement;

namespace CodeAnalysisServer;

/// <summary>
/// A job queue of this process as what a manager registers: <c>WorkerRegistration.ForQueue(new JobQueueAsWorker(queue))</c>. The queue's own
/// project knows no manager, so that each of the workers runs without one.
/// </summary>
public sealed class JobQueueAsWorker(AsyncQueueSystem queue) : IWorkerQueue
{
    /// <inheritdoc/>
    public bool IsRunning => queue.IsRunning;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken force) => queue.StopAsync(force);
}
