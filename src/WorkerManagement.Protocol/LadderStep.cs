namespace WorkerManagement;

/// <summary>
/// One step of a stop: send <paramref name="Signal"/>, then wait up to <paramref name="Wait"/> for the worker to be settled.
/// After the last step every member is killed; a ladder never names SIGKILL itself.
/// </summary>
/// <param name="Signal">A signal number, or 0 for a <c>drain</c> step: nothing is sent by the guard, the time is given.</param>
/// <param name="Wait">How long this step may take before the next one begins.</param>
public sealed record LadderStep(int Signal, TimeSpan Wait)
{
    /// <summary>SIGTERM, then ten seconds: what a worker gets that says nothing else.</summary>
    public static IReadOnlyList<LadderStep> Default { get; } = [new(15, TimeSpan.FromSeconds(10))];
}
