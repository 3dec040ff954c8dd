using Microsoft.Win32.SafeHandles;

namespace WorkerManagement.Guarding;

/// <summary>What the guard tells the manager. Runs are named by their incarnation, which is unique in a state directory.</summary>
internal abstract record GuardEvent
{
    private GuardEvent()
    {
    }

    /// <summary>The worker's program runs. The handles are the read ends of its output; the receiver disposes them.</summary>
    public sealed record Spawned(long Incarnation, ProcessIdentity Identity, SafeFileHandle StandardOutput, SafeFileHandle StandardError) : GuardEvent;

    /// <summary>The worker could not be started; nothing runs. The message has the cause and the remedy.</summary>
    public sealed record SpawnFailed(long Incarnation, string Message) : GuardEvent;

    /// <summary>A registered process is watched from now on.</summary>
    public sealed record Watching(long Incarnation) : GuardEvent;

    /// <summary>The leader ended. Members may remain: the run is over with <see cref="Settled"/> alone.</summary>
    public sealed record Exited(long Incarnation, ExitStatus Status, TimeSpan UserTime, TimeSpan SystemTime, long PeakMemoryBytes) : GuardEvent;

    /// <summary>Every member is dead and reaped. The last event of a run.</summary>
    public sealed record Settled(long Incarnation, bool Forced, ForceReason Reason, int MembersKilled) : GuardEvent;

    /// <summary>Members outlived SIGKILL for longer than they may. The guard goes on trying; <see cref="Settled"/> may follow.</summary>
    public sealed record NotSettled(long Incarnation, IReadOnlyList<int> Pids, string Reason) : GuardEvent;

    /// <summary>Guard or keeper went, or the connection broke: every run it had is over (they kill all before they go).</summary>
    public sealed record Lost(string Reason) : GuardEvent;
}
