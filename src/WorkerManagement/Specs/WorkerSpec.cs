namespace WorkerManagement;

/// <summary>
/// What one managed worker is: immutable, shared freely between threads. Change a copy with <c>with</c>.
/// </summary>
public sealed record WorkerSpec
{
    /// <summary>The name: unique in one manager; letters, digits, <c>-</c>, <c>_</c>, <c>.</c> and <c>@</c>, at most 64, not starting with <c>.</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The type. The name unless given.</summary>
    public string Type { get => field ?? Name; init; }

    /// <summary>Program and arguments. A program without a slash is looked up in PATH. No shell in between.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The working directory; the one that the manager has when the worker is added unless given.</summary>
    public string? Directory { get; init; }

    /// <summary>Added to (and overriding) the manager's environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Permanent by default.</summary>
    public RestartPolicy Restart { get; init; } = RestartPolicy.Permanent;

    /// <summary>5 restarts in 60 s by default.</summary>
    public RestartIntensity Intensity { get; init; } = RestartIntensity.Default;

    /// <summary>200 ms to 30 s by default.</summary>
    public Backoff Backoff { get; init; } = Backoff.Default;

    /// <summary>SIGTERM and 10 s by default. SIGKILL to all members always follows.</summary>
    public IReadOnlyList<LadderStep> Stop { get; init; } = LadderStep.Default;

    /// <summary>How readiness is learnt; null means that started is ready.</summary>
    public ReadinessProbe? Ready { get; init; }

    /// <summary>The longest silence between two <c>WATCHDOG=1</c>; null means no watchdog.</summary>
    public TimeSpan? Watchdog { get; init; }

    /// <summary>Names that must fulfil a condition before this worker starts; it stops before they do.</summary>
    public IReadOnlyDictionary<string, DependencyCondition> DependsOn { get; init; } = new Dictionary<string, DependencyCondition>();

    /// <summary>How much output is kept.</summary>
    public LogLimits Logs { get; init; } = LogLimits.Default;

    /// <summary>Free data, shown in status.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
