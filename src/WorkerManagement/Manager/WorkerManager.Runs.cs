using System.Globalization;
using WorkerManagement.Guarding;
using WorkerManagement.Health;
using WorkerManagement.Lifecycles;
using WorkerManagement.Registry;

namespace WorkerManagement;

/// <content>What happens to a run: ends, readiness, notifications, watchdog.</content>
public sealed partial class WorkerManager
{
    private void OnExited(Entry entry, GuardEvent.Exited told)
    {
        if (entry is ManagedEntry managed)
        {
            managed.Exit = ToExit(told.Status, told, Now);
            EndHelpers(managed);
            Decide(managed, new LifecycleEvent.Exited(told.Incarnation, told.Status));
        }
        else if (entry is ProcessEntry process)
        {
            process.Ended = true;
            process.Exit = ToExit(EndOf(process) ?? told.Status, told, Now);
            Changed(process);
        }
    }

    private void OnSettled(Entry entry, GuardEvent.Settled told)
    {
        if (entry is ManagedEntry managed)
        {
            if (told.Forced && managed.Stop is null)
            {
                AddIncident("forced_kill", managed.Name, $"worker '{managed.Name}' left {told.MembersKilled} processes behind; they were killed");
            }

            FinishStop(managed, stop => stop.Settled(told, managed.Exit, Now));
            Decide(managed, new LifecycleEvent.Settled(told.Incarnation));
        }
        else if (entry is ProcessEntry process)
        {
            process.Ended = true;
            if (process.Stop is not null)
            {
                FinishStop(process, stop => stop.Settled(told, process.Exit, Now));
                _registry.Remove(process.Name);
                process.Pin.Dispose();
            }

            Changed(process);
        }
    }

    private void FinishStop(Entry entry, Action<Stopping.StopInProgress> finish)
    {
        if (entry.Stop is { } stop)
        {
            entry.Stop = null;
            _answers.Add(() => finish(stop));
        }
    }

    private void BeginProbe(ManagedEntry entry, long run)
    {
        if (entry.Spec.Ready is not (ReadinessProbe.Tcp or ReadinessProbe.Http or ReadinessProbe.Command))
        {
            return;
        }

        var ended = entry.Probe = new();
        _background.RemoveAll(task => task.IsCompletedSuccessfully);
        _background.Add(Task.Run(async () =>
        {
            if (await Probes.UntilReadyAsync(entry.Spec.Ready, _time, ended.Token).ConfigureAwait(false))
            {
                Post(() => Decide(entry, new LifecycleEvent.BecameReady(run)));
            }
        }));
    }

    private void OnNotified(ManagedEntry entry, string key, string value)
    {
        switch (key)
        {
            case "READY" when value == "1" && entry.Spec.Ready is ReadinessProbe.Notify:
                Decide(entry, new LifecycleEvent.BecameReady(entry.Life.Run));
                break;
            case "STATUS":
                entry.StatusText = value;
                Changed(entry);
                break;
            case "WATCHDOG" when value == "1":
                ArmWatchdog(entry);
                break;
            case "WATCHDOG" when value == "trigger":
                Decide(entry, new LifecycleEvent.WatchdogSilent(entry.Life.Run));
                break;
            case "EXTEND_TIMEOUT_USEC" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds):
                Extend(entry, TimeSpan.FromMicroseconds(microseconds));
                break;
        }
    }

    private void Extend(ManagedEntry entry, TimeSpan fromNow)
    {
        if (entry.Life.State is WorkerState.Stopping)
        {
            _guard?.Extend(entry.Life.Run, fromNow);
        }
        else if (entry.Life is { State: WorkerState.Starting, LeaderUp: true })
        {
            entry.Timer?.Change(fromNow, Timeout.InfiniteTimeSpan);
        }
    }

    private void ArmWatchdog(ManagedEntry entry)
    {
        if (entry.Spec.Watchdog is not { } silence || !entry.Life.LeaderUp)
        {
            return;
        }

        var run = entry.Life.Run;
        entry.Watchdog?.Dispose();
        entry.Watchdog = _time.CreateTimer(_ => Post(() => Decide(entry, new LifecycleEvent.WatchdogSilent(run))), null, silence, Timeout.InfiniteTimeSpan);
    }

    private void EndHelpers(ManagedEntry entry)
    {
        entry.Watchdog?.Dispose();
        entry.Watchdog = null;
        entry.Probe?.Cancel();
        entry.Probe = null;
        if (entry.Notify is { } notify)
        {
            entry.Notify = null;
            _background.RemoveAll(task => task.IsCompletedSuccessfully);
            _background.Add(notify.DisposeAsync().AsTask());
        }
    }
}
