namespace CodeAnalysisServer.SqliteQueue.Jobs;

/// <summary>What may be set of a job queue.</summary>
public sealed record AsyncQueueOptions
{
    /// <summary>How long a job that ended stays listed. Seven days unless set.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How many lines are kept of each job's log. 1000 unless set.</summary>
    public int LogLines { get; init; } = 1000;

    /// <summary>How many jobs may run at once. Four unless set.</summary>
    public int AtOnce { get; init; } = 4;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Hears of what nobody asked for: a torn registry, a job that was cut off.</summary>
    public Action<string> Told { get; init; } = _ => { };
}

/// <summary>There is no such job.</summary>
public sealed class JobNotFoundException(string id) : InvalidOperationException($"there is no job '{id}'; it was never added, or was deleted, or ended so long ago that it is not kept any more");
