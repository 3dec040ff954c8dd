namespace WorkerManagement.Guarding;

/// <summary>
/// One pair of keeper and guard, and the connection to it. Requests never wait: they are queued for the sender.
/// Events arrive on the channel given at the start, in the guard's order; <see cref="GuardEvent.Lost"/> is the last.
/// </summary>
internal sealed class GuardClient : IAsyncDisposable
{
    /// <summary>Starts keeper and guard, sweeps what an earlier pair left, and connects.</summary>
    /// <exception cref="WorkerManagementException">The guard is missing, of another version, or did not answer.</exception>
    public static Task<GuardClient> StartAsync(WorkerManagerOptions options, System.Threading.Channels.ChannelWriter<GuardEvent> events, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Who guards.</summary>
    public GuardInfo Info => throw new NotImplementedException();

    /// <summary>Starts a run. Answered by <see cref="GuardEvent.Spawned"/> or <see cref="GuardEvent.SpawnFailed"/>.</summary>
    public void Spawn(SpawnRequest request) => throw new NotImplementedException();

    /// <summary>Begins (or replaces) the ladder of a run. Answered by Exited and Settled. An empty ladder kills at once.</summary>
    public void Stop(long incarnation, IReadOnlyList<LadderStep> ladder) => throw new NotImplementedException();

    /// <summary>Moves the deadline of the present step to this long from now (EXTEND_TIMEOUT_USEC).</summary>
    public void Extend(long incarnation, TimeSpan fromNow) => throw new NotImplementedException();

    /// <summary>Sends a signal to the leader.</summary>
    public void Signal(long incarnation, int signal) => throw new NotImplementedException();

    /// <summary>Watches a process that somebody else started, and ends it and its descendants when the manager goes.</summary>
    public void Watch(long incarnation, ProcessIdentity identity, string name, IReadOnlyList<LadderStep> ladder) => throw new NotImplementedException();

    /// <summary>Forgets a watched process without touching it.</summary>
    public void Unwatch(long incarnation) => throw new NotImplementedException();

    /// <summary>The live pids of a run.</summary>
    public Task<IReadOnlyList<int>> MembersAsync(long incarnation, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Tells guard and keeper to end, and waits until they are gone (they stop what still runs first).</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
