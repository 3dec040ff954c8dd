using System.Globalization;
using System.Net.Sockets;
using WorkerManagement.Guarding;
using WorkerManagement.Health;
using WorkerManagement.Lifecycles;
using WorkerManagement.Logs;
using WorkerManagement.Registry;
using WorkerManagement.Specs;
using WorkerManagement.Wire;

namespace WorkerManagement;

/// <content>Managed workers: what the decision core says is carried out here.</content>
public sealed partial class WorkerManager
{
    private readonly HashSet<ManagedEntry> _waitingForTurn = [];

    /// <summary>This process's environment, looked at once for all that is started before the loop rests.</summary>
    private Dictionary<string, string>? _inherited;

    private void Decide(ManagedEntry entry, LifecycleEvent happened, bool carryOut = true)
    {
        var before = entry.Life;
        var (next, effects) = Decision.Decide(before, happened, entry.Spec, Now);
        entry.Life = next;
        Changed(entry);
        foreach (var effect in carryOut ? effects : [])
        {
            CarryOut(entry, effect);
        }

        if (next.State != before.State || next.Ready != before.Ready)
        {
            OnStateChanged(entry);
        }
    }

    private void CarryOut(ManagedEntry entry, LifecycleEffect effect)
    {
        switch (effect)
        {
            case LifecycleEffect.AwaitTurn:
                _waitingForTurn.Add(entry);
                TakeTurn(entry);
                break;
            case LifecycleEffect.Spawn spawn:
                Spawn(entry, spawn.Run);
                break;
            case LifecycleEffect.StopRun stop:
                _guard?.Stop(stop.Run, stop.Ladder);
                break;
            case LifecycleEffect.BeginProbe probe:
                BeginProbe(entry, probe.Run);
                break;
            case LifecycleEffect.Arm arm:
                Arm(entry, arm.Timer, arm.After, looks: 0);
                break;
            case LifecycleEffect.Report report:
                AddIncident(report.Kind, entry.Name, $"worker '{entry.Name}': {report.Reason}");
                break;
        }
    }

    private void Arm(ManagedEntry entry, long timer, TimeSpan after, int looks)
    {
        var from = _time.GetTimestamp();
        entry.Timer?.Dispose();
        entry.Timer = TimerOf(after, () => entry.Timer, () =>
        {
            if (entry.Life is { State: WorkerState.Starting, LeaderUp: true } && MaySpeak(entry, looks))
            {
                Arm(entry, timer, Again(from, after, looks), looks + 1);
            }
            else
            {
                Decide(entry, new LifecycleEvent.TimeIsUp(timer));
            }
        });
    }

    private void OnStateChanged(ManagedEntry entry)
    {
        Log.StateChanged(_logger, entry.Name, entry.Life.State, entry.Life.Why);
        switch (entry.Life.State)
        {
            case WorkerState.Running:
                ArmWatchdog(entry);
                TakeTurns();
                break;
            case WorkerState.Stopped:
                _waitingForTurn.Remove(entry);
                FailWaiting(entry, new WorkerManagementException($"worker '{entry.Name}' is stopped before it ran: {entry.Life.Why}"));
                TakeTurns();
                break;
            case WorkerState.GaveUp:
                FailWaiting(entry, new WorkerManagementException($"worker '{entry.Name}' cannot be kept up: {entry.Life.Why}"));
                break;
        }
    }

    private void FailWaiting(ManagedEntry entry, WorkerManagementException exception)
    {
        foreach (var waiting in entry.Waiting)
        {
            _answers.Add(() => waiting.TrySetException(exception));
        }

        entry.Waiting.Clear();
    }

    private void TakeTurns()
    {
        foreach (var entry in _waitingForTurn.ToArray())
        {
            TakeTurn(entry);
        }
    }

    private void TakeTurn(ManagedEntry entry)
    {
        if (entry.Life is not { State: WorkerState.Starting, Run: 0 })
        {
            _waitingForTurn.Remove(entry);
            return;
        }

        if (entry.Spec.DependsOn.FirstOrDefault(need => !Holds(need.Key, need.Value)) is { Key: { } missing })
        {
            entry.Life = entry.Life with { Why = $"waiting for '{missing}'" };
            Changed(entry);
            return;
        }

        EnsureGuard();
        if (_guard is not null)
        {
            _waitingForTurn.Remove(entry);
            Decide(entry, new LifecycleEvent.MayRun(NextIncarnation()));
        }
    }

    private bool Holds(string name, DependencyCondition condition) => _registry.GetValueOrDefault(name) is ManagedEntry needed && condition switch
    {
        DependencyCondition.Started => needed.Life.LeaderUp && needed.Life.State is WorkerState.Starting or WorkerState.Running,
        DependencyCondition.Ready => needed.Life is { State: WorkerState.Running, Ready: true },
        _ => needed.Life is { State: WorkerState.Stopped, Exit.IsSuccess: true, Incarnation: > 0 },
    };

    private void Spawn(ManagedEntry entry, long run)
    {
        _runs[run] = entry;
        entry.StatusText = null;
        try
        {
            if (entry.Spec.Ready is ReadinessProbe.Notify || entry.Spec.Watchdog is not null)
            {
                entry.Notify ??= new(Path.Combine(_state!.SocketDirectory, string.Create(CultureInfo.InvariantCulture, $"n{run}.sock")), (key, value) => Post(() => OnNotified(entry, run, key, value)));
            }

            entry.SpawnAsked = _time.GetTimestamp();
            _guard!.Spawn(RequestFor(entry, run, entry.Arguments, _inherited ??= WorkerEnvironment.Inherited()));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SocketException or FrameException)
        {
            // Nothing was sent: the run failed before it began, and its policy decides what follows.
            Post(() => OnGuard(new GuardEvent.SpawnFailed(run, exception.Message)));
        }
    }

    private static SpawnRequest RequestFor(ManagedEntry entry, long run, IReadOnlyList<string> arguments, Dictionary<string, string> inherited) => new(
        run,
        entry.Name,
        arguments,
        WorkerEnvironment.For(entry.Spec, run, entry.Notify?.Path, inherited),
        entry.Directory,
        entry.Spec.Stop);

    private long NextIncarnation()
    {
        var healthy = _state!.Failure is null;
        var number = _state.NextIncarnation();
        if (healthy && _state.Failure is { } failure)
        {
            AddIncident("state_failure", null, $"the counter of incarnations cannot be kept on disk ({failure}); free the disk or mend the mode of '{_state.Path}'");
        }

        return number;
    }

    private void OnSpawned(ManagedEntry entry, GuardEvent.Spawned spawned)
    {
        Metrics.Started(entry.Type, _time.GetElapsedTime(entry.SpawnAsked));
        entry.Leader = spawned.Identity;
        entry.Containment = _guard!.Info.Containment.ToString().ToLowerInvariant();
        entry.Members = 1;
        var watch = entry.Spec.Ready is ReadinessProbe.LogLine line
            ? new LineWatch(line.Pattern, () => Post(() => Decide(entry, new LifecycleEvent.BecameReady(spawned.Incarnation))))
            : null;
        entry.OutputEnded = Task.WhenAll(
            _logs!.Add(spawned.StandardOutput, entry.Name, entry.Log, LogStream.Output, spawned.Incarnation, watch),
            _logs.Add(spawned.StandardError, entry.Name, entry.Log, LogStream.Error, spawned.Incarnation, watch));
        LearnLimits(spawned.Identity.Pid);
        Decide(entry, new LifecycleEvent.Spawned(spawned.Incarnation));
        foreach (var waiting in entry.Waiting)
        {
            _answers.Add(() => waiting.TrySetResult(entry.Status));
        }

        entry.Waiting.Clear();
        TakeTurns();
    }

    private static WorkerExit ToExit(ExitStatus status, GuardEvent.Exited told, DateTimeOffset at) => new()
    {
        Code = (status as ExitStatus.Exited)?.Code,
        Signal = status is ExitStatus.Signaled signaled ? SignalName.Of(signaled.Signal) : null,
        Core = status is ExitStatus.Signaled { CoreDumped: true },
        Lost = (status as ExitStatus.Lost)?.Reason,
        At = at,
        UserTime = told.UserTime,
        SystemTime = told.SystemTime,
        PeakMemoryBytes = told.PeakMemoryBytes,
    };
}
