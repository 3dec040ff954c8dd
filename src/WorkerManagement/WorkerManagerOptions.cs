namespace WorkerManagement;

/// <summary>How a manager is set up. Set before it is built; not changed after.</summary>
public sealed class WorkerManagerOptions
{
    /// <summary>Where the manager keeps its lock, sockets and logs. <c>$WORKERS_STATE_DIR</c>, else <c>./.workers</c>.</summary>
    public string StateDirectory { get; set; } =
        Environment.GetEnvironmentVariable("WORKERS_STATE_DIR") is { Length: > 0 } directory ? directory : ".workers";

    /// <summary>The strongest containment to use: null takes the best that works here. <c>$WORKERS_CONTAINMENT</c> overrides.</summary>
    public Containment? Containment { get; set; }

    /// <summary>The one deadline of a stop of everything. 30 s by default.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The guard's executable; null looks beside this assembly. <c>$WORKERS_GUARD</c> overrides.</summary>
    public string? GuardPath { get; set; }

    /// <summary>Bytes that the output of all workers may take; beyond it the oldest full files go, whosesoever. 10 GB by default.</summary>
    public long MaximumLogTotal { get; set; } = 10_000_000_000;

    /// <summary>How much of the journal is kept: 4 MB a file, 4 files by default. Each file begins with the status of all workers, which comes on top.</summary>
    public LogLimits Journal { get; set; } = new(4_000_000, 4);

    /// <summary>How many crash capsules are kept, the oldest going first; 0 for none. 50 by default.</summary>
    public int Capsules { get; set; } = 50;

    /// <summary>The file that the workers came from, absolute; null where there is none. Shown in status, so that it can be read again.</summary>
    public string? ConfigurationFile { get; set; }

    /// <summary>The workers that the host's manager starts when the host starts.</summary>
    public IList<WorkerSpec> Workers { get; } = [];

    /// <summary>Whether the host goes on once the workers are taken on, instead of when all run: then it can be asked what they wait for.</summary>
    internal bool HostGoesOn { get; set; }
}
