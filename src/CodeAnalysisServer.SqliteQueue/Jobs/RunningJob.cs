namespace CodeAnalysisServer.SqliteQueue.Jobs;

/// <summary>A job at work.</summary>
internal sealed class RunningJob : IDisposable
{
    /// <summary>Tells it to stop.</summary>
    public CancellationTokenSource Stop { get; } = new();

    /// <summary>Who wanted it to stop, in the state that it then has; null while nobody did.</summary>
    public JobState? Wanted { get; set; }

    /// <summary>Its work. Never faults.</summary>
    public Task Work { get; set; } = Task.CompletedTask;

    /// <summary>When it said something last: a timestamp, not a time of day.</summary>
    public long HeardAt { get; set; }

    public void Dispose() => Stop.Dispose();
}
