namespace WorkerManagement;

/// <summary>A unit of background work inside this process, such as a hosted loop.</summary>
public interface IWorker
{
    /// <summary>Whether it works now.</summary>
    bool IsRunning { get; }

    /// <summary>Stops it and completes when it is stopped. The token is cancelled when the stop's time is over.</summary>
    Task StopAsync(CancellationToken force);
}
