namespace WorkerManagement;

/// <summary>A queue inside this process that the manager stops with the rest, such as the seed's AsyncQueueSystem.</summary>
public interface IWorkerQueue
{
    /// <summary>Whether the queue works now.</summary>
    bool IsRunning { get; }

    /// <summary>
    /// Stops the queue and completes when it is stopped. The token is cancelled when the stop's time is over:
    /// the queue then abandons what it still does.
    /// </summary>
    Task StopAsync(CancellationToken force);
}
