namespace WorkerManagement;

/// <summary>
/// The pause before a restart: doubles from <paramref name="Initial"/> to <paramref name="Maximum"/>, with jitter.
/// </summary>
/// <param name="Initial">Before the first restart. Zero restarts at once.</param>
/// <param name="Maximum">The longest pause.</param>
/// <param name="ResetAfter">A run this long makes the next pause <paramref name="Initial"/> again.</param>
public sealed record Backoff(TimeSpan Initial, TimeSpan Maximum, TimeSpan ResetAfter)
{
    /// <summary>200 ms to 30 s, reset after 60 s up.</summary>
    public static Backoff Default { get; } = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60));

    /// <summary>No pause at all; the intensity still bounds the restarts.</summary>
    public static Backoff None { get; } = new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
}
