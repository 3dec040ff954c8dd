using System.Text.Json;
using System.Threading.Channels;
using WorkerManagement.Guarding;
using WorkerManagement.Lifecycles;
using WorkerManagement.Recovery;
using WorkerManagement.Registry;

namespace WorkerManagement;

/// <content>The guard: started when first needed, and again when it is lost.</content>
public sealed partial class WorkerManager
{
    private readonly Dictionary<long, Entry> _runs = [];

    /// <summary>How the last run of a name ended while no manager was there.</summary>
    private readonly Dictionary<string, WorkerExit> _earlierExits = [];
    private GuardClient? _guard;
    private Task? _guardStarting;
    private TaskCompletionSource? _guarded;

    /// <summary>Completes when a guard is there, or fails with why none can be.</summary>
    private Task WhenGuarded()
    {
        EnsureGuard();
        return _guard is not null ? Task.CompletedTask : (_guarded ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    private void EnsureGuard()
    {
        if (_guard is null && _guardStarting is null)
        {
            _guardStarting = StartGuardAsync();
        }
    }

    private async Task StartGuardAsync()
    {
        try
        {
            TakeState();
            var guard = await GuardClient.StartAsync(Options, new GuardEvents(told => Post(() => OnGuard(told))), CancellationToken.None).ConfigureAwait(false);
            Post(() => OnGuarded(guard));
        }
        catch (Exception exception)
        {
            // Whatever it is: those who wait for a guard must hear of it.
            Post(() => OnUnguarded(exception));
        }
    }

    private void OnGuarded(GuardClient guard)
    {
        if (guard.IsLost)
        {
            Begin(() => guard.DisposeAsync().AsTask());
            OnUnguarded(new WorkerManagementException($"the guard ended right after its start; see '{Path.Combine(_state!.Path, "guard.log")}'"));
            return;
        }

        (_guard, _guardStarting) = (guard, null);
        Log.Guarded(_logger, guard.Info.GuardPid, guard.Info.Kind, guard.Info.Containment);
        foreach (var leftover in guard.Info.Leftovers)
        {
            AddIncident("leftover_reaped", null, $"process {leftover.Pid} ({leftover.Name}) of an earlier manager was still there and was {(leftover.Killed ? "killed" : "stopped")}");
        }

        foreach (var record in _state!.TakeExitRecords())
        {
            ReportEarlierExit(record);
        }

        foreach (var entry in _registry.Values.OfType<ManagedEntry>().Where(entry => entry.Exit is null))
        {
            entry.Exit = _earlierExits.GetValueOrDefault(entry.Name);
            entry.Changed();
        }

        foreach (var entry in _registry.Values.OfType<ProcessEntry>().Where(entry => !entry.Ended))
        {
            Watch(entry);
        }

        _guarded?.TrySetResult();
        _guarded = null;
        Changed();
        TakeTurns();
    }

    private void OnUnguarded(Exception exception)
    {
        _guardStarting = null;
        _guarded?.TrySetException(exception);
        _guarded = null;
        AddIncident("no_guard", null, $"no guard can be started: {exception.Message}");
        foreach (var entry in _waitingForTurn.ToArray())
        {
            var run = _state is null ? entry.Life.Incarnation + 1 : NextIncarnation();
            _waitingForTurn.Remove(entry);
            FailWaiting(entry, new WorkerManagementException($"worker '{entry.Name}' cannot be started: {exception.Message}", exception));
            Decide(entry, new LifecycleEvent.MayRun(run), carryOut: false);
            Decide(entry, new LifecycleEvent.SpawnFailed(run, exception.Message));
        }
    }

    private void OnGuard(GuardEvent told)
    {
        switch (told)
        {
            case GuardEvent.Spawned spawned when _runs.GetValueOrDefault(spawned.Incarnation) is ManagedEntry entry:
                OnSpawned(entry, spawned);
                break;
            case GuardEvent.Spawned stray:
                stray.StandardOutput.Dispose();
                stray.StandardError.Dispose();
                break;
            case GuardEvent.SpawnFailed failed when _runs.GetValueOrDefault(failed.Incarnation) is ManagedEntry managed:
                _runs.Remove(failed.Incarnation);
                EndHelpers(managed);
                FailWaiting(managed, new WorkerManagementException($"worker '{managed.Name}' cannot be started: {failed.Message}"));
                FinishStop(managed, stop => stop.Gone(Now));
                Decide(managed, new LifecycleEvent.SpawnFailed(failed.Incarnation, failed.Message));
                break;
            case GuardEvent.SpawnFailed failed when _runs.GetValueOrDefault(failed.Incarnation) is ProcessEntry unwatched:
                // It stays listed, and the next guard tries again; a stop says that it is not settled.
                AddIncident("not_watched", unwatched.Name, $"the guard cannot watch process {unwatched.Identity.Pid} of worker '{unwatched.Name}': {failed.Message}");
                break;
            case GuardEvent.Exited exited when _runs.TryGetValue(exited.Incarnation, out var entry):
                OnExited(entry, exited);
                break;
            case GuardEvent.Settled settled when _runs.Remove(settled.Incarnation, out var entry):
                OnSettled(entry, settled);
                break;
            case GuardEvent.NotSettled left when _runs.TryGetValue(left.Incarnation, out var entry):
                entry.Stop?.Left(left);
                if (entry is ManagedEntry stuck)
                {
                    Decide(stuck, new LifecycleEvent.NotSettled(left.Incarnation, left.Reason));
                }

                break;
            case GuardEvent.Lost lost:
                OnGuardLost(lost);
                break;
        }
    }

    private void OnGuardLost(GuardEvent.Lost lost)
    {
        if (_guard is null || _ending)
        {
            return;
        }

        var gone = _guard;
        _guard = null;
        Begin(() => gone.DisposeAsync().AsTask());
        AddIncident("guard_lost", null, $"guard {gone.Info.GuardPid} or keeper {gone.Info.KeeperPid} ended ({lost.Reason}); what they had was ended with them and is started again");
        foreach (var entry in _runs.Values.ToArray())
        {
            if (entry is ManagedEntry managed)
            {
                EndHelpers(managed);
                if (managed.Life.LeaderUp)
                {
                    managed.Exit = new() { Lost = "the guard was lost", At = Now };
                    Metrics.Exited(managed.Type, managed.Exit);
                }

                FinishStop(managed, stop => stop.Ended("forced", managed.Exit, Now, "the guard was lost while it stopped, which ends every worker"));
                Decide(managed, new LifecycleEvent.GuardLost("the guard was lost"));
            }
        }

        foreach (var run in _runs.Where(run => run.Value is ManagedEntry).Select(run => run.Key).ToArray())
        {
            _runs.Remove(run);
        }

        Changed();
        if (_runs.Count > 0 || _waitingForTurn.Count > 0)
        {
            EnsureGuard();
        }
    }

    private void ReportEarlierExit(string record)
    {
        try
        {
            var ended = ExitRecord.Parse(record);
            _earlierExits[ended.Name] = ended.Exit;
            AddIncident("ended_without_manager", ended.Name, $"run {ended.Incarnation} ended {ended.How} while no manager was there");
        }
        catch (JsonException exception)
        {
            // The last line may be torn: the machine went down while it was written.
            AddIncident("ended_without_manager", null, $"an exit record cannot be read: {exception.Message}");
        }
    }

    private async Task EndGuardAsync()
    {
        _ending = true;
        if (_guardStarting is { } starting)
        {
            await starting.ConfigureAwait(false);
        }

        if (_guard is { } guard)
        {
            await guard.DisposeAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(_background).ConfigureAwait(false);
    }

    private readonly List<Task> _background = [];
    private bool _ending;

    /// <summary>Turns the guard's events into steps of the loop.</summary>
    private sealed class GuardEvents(Action<GuardEvent> post) : ChannelWriter<GuardEvent>
    {
        public override bool TryWrite(GuardEvent item)
        {
            post(item);
            return true;
        }

        public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(true);
    }
}
