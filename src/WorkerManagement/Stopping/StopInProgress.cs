using WorkerManagement.Guarding;

namespace WorkerManagement.Stopping;

/// <summary>One worker's stop, from the request to settled.</summary>
internal sealed class StopInProgress(string name, string type, int? pid, IReadOnlyList<LadderStep> ladder, DateTimeOffset at)
{
    private readonly TaskCompletionSource<WorkerStopReport> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (string Reason, IReadOnlyList<int> Pids)? _left;

    public Task<WorkerStopReport> Done => _done.Task;

    public IReadOnlyList<LadderStep> Ladder { get; set; } = ladder;

    public void Left(GuardEvent.NotSettled told) => _left = (told.Reason, told.Pids);

    public void Gone(DateTimeOffset now) => Complete(new() { Name = name, Type = type, Pid = pid, Outcome = "already gone", Duration = now - at });

    public void Settled(GuardEvent.Settled told, WorkerExit? exit, DateTimeOffset now) => Complete(new()
    {
        Name = name,
        Type = type,
        Pid = pid,
        Outcome = told.Forced ? "forced" : "cooperative",
        Exit = exit,
        Duration = now - at,
        MembersKilled = told.MembersKilled,
        Reason = told.Forced ? WhyForced(told) : null,
    });

    public void Ended(string outcome, WorkerExit? exit, DateTimeOffset now, string? reason = null) =>
        Complete(new() { Name = name, Type = type, Pid = pid, Outcome = outcome, Exit = exit, Duration = now - at, Reason = reason });

    /// <summary>What is known when the time of the caller is over. The stop itself goes on.</summary>
    public WorkerStopReport NotYet(DateTimeOffset now) => new()
    {
        Name = name,
        Type = type,
        Pid = pid,
        Outcome = "not settled",
        Duration = now - at,
        Reason = _left?.Reason ?? $"worker '{name}' is not known to be gone after {(now - at).TotalSeconds:0.##} s",
        Unsettled = _left?.Pids ?? (pid is { } leader ? [leader] : []),
    };

    private void Complete(WorkerStopReport report) => _done.TrySetResult(report);

    private string WhyForced(GuardEvent.Settled told)
    {
        var seconds = $"{Ladders.Grace(Ladder).TotalSeconds:0.##} s";
        var signal = Ladder.LastOrDefault(step => step.Signal != 0) is { } step ? SignalName.Of(step.Signal) : "SIGTERM";
        var why = told.Reason switch
        {
            ForceReason.Ignored => $"worker '{name}' ignored {signal} for {seconds} (it ignores the signal)",
            ForceReason.Blocked => $"worker '{name}' ignored {signal} for {seconds} (it blocks the signal)",
            ForceReason.Stopped => $"worker '{name}' was stopped (SIGSTOP or a debugger) for {seconds}",
            ForceReason.UninterruptibleSleep => $"worker '{name}' was in uninterruptible sleep for {seconds}",
            ForceReason.TooSlow => $"worker '{name}' handles {signal} but was not done after {seconds}",
            ForceReason.MembersRemained => $"worker '{name}' left members behind",
            _ => $"worker '{name}' was to be killed at once",
        };
        return $"{why}; killed {told.MembersKilled} {(told.MembersKilled == 1 ? "process" : "processes")}";
    }
}
