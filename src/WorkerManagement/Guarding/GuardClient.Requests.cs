using WorkerManagement.Wire;

namespace WorkerManagement.Guarding;

/// <content>What the manager asks of the guard: each request is one frame, and none waits for the guard.</content>
internal sealed partial class GuardClient
{
    /// <summary>Starts a run. Answered by <see cref="GuardEvent.Spawned"/> or <see cref="GuardEvent.SpawnFailed"/>.</summary>
    public void Spawn(SpawnRequest request)
    {
        lock (_writing)
        {
            _socket.Queue(Spawning(_writer.Begin(MessageKind.Spawn), request).Finish());
        }
    }

    /// <summary>Begins (or replaces) the ladder of a run. Answered by Exited and Settled. An empty ladder kills at once.</summary>
    public void Stop(long incarnation, IReadOnlyList<LadderStep> ladder)
    {
        lock (_writing)
        {
            _socket.Queue(_writer.Begin(MessageKind.Stop).Int64(incarnation).Ladder(ladder).Finish());
        }
    }

    /// <summary>Moves the deadline of the present step to at least this long from now (EXTEND_TIMEOUT_USEC).</summary>
    public void Extend(long incarnation, TimeSpan fromNow)
    {
        lock (_writing)
        {
            _socket.Queue(_writer.Begin(MessageKind.Extend).Int64(incarnation).Int64((long)fromNow.TotalMilliseconds).Finish());
        }
    }

    /// <summary>Sends a signal to the leader.</summary>
    public void Signal(long incarnation, int signal)
    {
        lock (_writing)
        {
            _socket.Queue(_writer.Begin(MessageKind.Signal).Int64(incarnation).Int32(signal).Finish());
        }
    }

    /// <summary>Watches a process that somebody else started, and ends it and its descendants when the manager goes.</summary>
    public void Watch(long incarnation, ProcessIdentity identity, string name, IReadOnlyList<LadderStep> ladder)
    {
        lock (_writing)
        {
            _socket.Queue(_writer.Begin(MessageKind.Watch)
                .Int64(incarnation).Int32(identity.Pid).UInt64(identity.StartTime).Text(name).Ladder(ladder).Finish());
        }
    }

    /// <summary>Forgets a watched process without touching it.</summary>
    public void Unwatch(long incarnation)
    {
        lock (_writing)
        {
            _socket.Queue(_writer.Begin(MessageKind.Unwatch).Int64(incarnation).Finish());
        }
    }

    /// <summary>Starts a process in a run that is up, its output thrown away; whether it ended with exit code 0. It goes with the run at the latest.</summary>
    public async Task<bool> ProbeAsync(SpawnRequest request, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _lastProbe);
        var answer = _probes[number] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_writing)
        {
            _socket.Queue(Spawning(_writer.Begin(MessageKind.Probe).Int64(number), request).Finish());
        }

        if (_lost)
        {
            answer.TrySetResult(false);
        }

        return await answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The live pids of a run; empty when it is over.</summary>
    public async Task<IReadOnlyList<int>> MembersAsync(long incarnation, CancellationToken cancellationToken)
    {
        var answer = _memberRequests.GetOrAdd(incarnation, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_writing)
        {
            _socket.Queue(_writer.Begin(MessageKind.Members).Int64(incarnation).Finish());
        }

        return await answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static FrameWriter Spawning(FrameWriter frame, SpawnRequest request) => frame
        .Int64(request.Incarnation)
        .Text(request.Name)
        .Text(request.Directory)
        .Ladder(request.Ladder)
        .Texts(request.Arguments)
        .Texts(request.Environment);
}
