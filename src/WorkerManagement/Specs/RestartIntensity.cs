namespace WorkerManagement;

/// <summary>More than <paramref name="Restarts"/> restarts within <paramref name="Within"/>, and the manager gives up.</summary>
/// <param name="Restarts">How many are allowed.</param>
/// <param name="Within">In which time.</param>
public sealed record RestartIntensity(int Restarts, TimeSpan Within)
{
    /// <summary>5 restarts in 60 s.</summary>
    public static RestartIntensity Default { get; } = new(5, TimeSpan.FromSeconds(60));
}
