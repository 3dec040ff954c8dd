using System.Globalization;
using WorkerManagement.Guarding;
using WorkerManagement.Health;
using WorkerManagement.Lifecycles;
using WorkerManagement.Registry;

namespace WorkerManagement;

/// <content>What happens to a run: ends, readiness, notifications, watchdog.</content>
public sealed partial class WorkerManager
{
    private const string Reloading = "reloading";

    /// <summary>One day, in microseconds: a worker cannot put its end off for ever.</summary>
    private const long MaximumExtension = 86_400_000_000;

    // When a worker's time is over, this process may have been the late one: stopped, in a debugger, paused with its machine. What the worker said
    // meanwhile counts first: it is looked once more a moment later, or, as the worker may have been paused as well, after the same time again;
    // and then as long as something is there to read (but not for ever).
    private const int MostLooks = 50;
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20), Late = TimeSpan.FromMilliseconds(100);

    private void OnExited(Entry entry, GuardEvent.Exited told)
    {
        if (entry is ManagedEntry managed)
        {
            managed.Exit = ToExit(told.Status, told, Now);
            Metrics.Exited(managed.Type, managed.Exit);
            EndHelpers(managed);
            Decide(managed, new LifecycleEvent.Exited(told.Incarnation, told.Status));
        }
        else if (entry is ProcessEntry process)
        {
            process.Ending = NoteEndAsync(process, told);
        }
    }

    private void OnSettled(Entry entry, GuardEvent.Settled told)
    {
        if (entry is ManagedEntry managed)
        {
            Metrics.Settled(told.Forced, told.MembersKilled);
            if (told.Forced && managed.Stop is null)
            {
                var behind = told.MembersKilled == 1 ? "a process" : $"{told.MembersKilled} processes";
                var daemon = managed.Exit is { Code: 0 } ? "; a program that goes to the background needs its option to stay in the foreground" : "";
                AddIncident("forced_kill", managed.Name, $"worker '{managed.Name}' left {behind} behind, now killed{daemon}");
            }

            var (abnormal, ended) = (IsAbnormal(managed), managed.Life);
            FinishStop(managed, stop => stop.Settled(told, managed.Exit, Now));
            Decide(managed, new LifecycleEvent.Settled(told.Incarnation));
            if (abnormal)
            {
                Keep(managed, ended, told);
            }
        }
        else if (entry is ProcessEntry { Ending.IsCompleted: false } ending)
        {
            // How it ended is told first.
            Begin(async () =>
            {
                await ending.Ending.ConfigureAwait(false);
                Post(() => OnSettled(ending, told));
            });
        }
        else if (entry is ProcessEntry process)
        {
            Metrics.Settled(told.Forced, told.MembersKilled);
            process.Ended = true;
            Changed(process);
            if (process.Stop is not null)
            {
                FinishStop(process, stop => stop.Settled(told, process.Exit, Now));
                _registry.Remove(process.Name);
                NoteRemoved(process);
                process.Dispose();
            }
        }
    }

    private void FinishStop(Entry entry, Action<Stopping.StopInProgress> finish)
    {
        if (entry.Stop is { } stop)
        {
            entry.Stop = null;
            _answers.Add(() =>
            {
                finish(stop);
                if (stop.Done.IsCompletedSuccessfully)
                {
                    Metrics.Stopped(stop.Done.Result);
                }
            });
        }
    }

    private void BeginProbe(ManagedEntry entry, long run)
    {
        if (entry.Spec.Ready is not (ReadinessProbe.Tcp or ReadinessProbe.Http or ReadinessProbe.Command))
        {
            return;
        }

        var ended = entry.Probe = new();
        Begin(async () =>
        {
            if (await Probes.UntilReadyAsync(entry.Spec.Ready, cancel => ProbeAsync(entry, run, cancel), _time, ended.Token).ConfigureAwait(false))
            {
                Post(() => Decide(entry, new LifecycleEvent.BecameReady(run)));
            }
        });
    }

    // A member of the run, so that it cannot outlive worker or manager.
    private async Task<bool> ProbeAsync(ManagedEntry entry, long run, CancellationToken cancellationToken)
    {
        var guard = await AskAsync(() => _guard).ConfigureAwait(false);
        return guard is not null && await guard.ProbeAsync(RequestFor(entry, run, entry.ProbeArguments, Specs.WorkerEnvironment.Inherited()), cancellationToken).ConfigureAwait(false);
    }

    // sd_notify(3). What an earlier run says late means nothing.
    private void OnNotified(ManagedEntry entry, long run, string key, string value)
    {
        if (run != entry.Life.Run)
        {
            return;
        }

        switch (key)
        {
            case "READY" when value == "1":
                Say(entry, entry.StatusText == Reloading ? null : entry.StatusText);
                if (entry.Spec.Ready is ReadinessProbe.Notify)
                {
                    Decide(entry, new LifecycleEvent.BecameReady(run));
                }

                break;
            case "RELOADING" when value == "1":
                Say(entry, Reloading);
                break;
            case "STOPPING" when value == "1":
                Say(entry, "stopping");
                break;
            case "STATUS":
                Say(entry, value);
                break;
            case "WATCHDOG" when value == "1":
                ArmWatchdog(entry);
                break;
            case "WATCHDOG" when value == "trigger":
                Decide(entry, new LifecycleEvent.WatchdogSilent(run));
                break;
            case "EXTEND_TIMEOUT_USEC" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds):
                Extend(entry, TimeSpan.FromMicroseconds(Math.Min(microseconds, MaximumExtension)));
                break;
        }
    }

    private void Say(ManagedEntry entry, string? text)
    {
        entry.StatusText = text;
        Changed(entry);
    }

    private void Extend(ManagedEntry entry, TimeSpan fromNow)
    {
        if (entry.Life.State is WorkerState.Stopping)
        {
            _guard?.Extend(entry.Life.Run, fromNow);
        }
        else if (entry is { Timer: not null, Life: { State: WorkerState.Starting, LeaderUp: true } })
        {
            Arm(entry, entry.Life.Timer, fromNow, looks: 0);
        }
    }

    private void ArmWatchdog(ManagedEntry entry)
    {
        if (entry.Spec.Watchdog is { } silence && entry.Life.LeaderUp)
        {
            AwaitSign(entry, entry.Life.Run, silence, looks: 0);
        }
    }

    private void AwaitSign(ManagedEntry entry, long run, TimeSpan time, int looks)
    {
        var from = _time.GetTimestamp();
        entry.Watchdog?.Dispose();
        entry.Watchdog = TimerOf(time, () => entry.Watchdog, () =>
        {
            if (MaySpeak(entry, looks))
            {
                AwaitSign(entry, run, Again(from, time, looks), looks + 1);
            }
            else
            {
                Decide(entry, new LifecycleEvent.WatchdogSilent(run));
            }
        });
    }

    // Calls on the loop, unless it was replaced or let go of before its turn there came.
    private ITimer TimerOf(TimeSpan after, Func<ITimer?> current, Action call)
    {
        ITimer? own = null;
        own = _time.CreateTimer(_ => Post(() =>
        {
            if (current() == own)
            {
                call();
            }
        }), null, after, Timeout.InfiniteTimeSpan);
        return own;
    }

    private static bool MaySpeak(ManagedEntry entry, int looks) => looks == 0 || (looks < MostLooks && entry.Notify is { HasUnread: true });

    private TimeSpan Again(long from, TimeSpan time, int looks) => looks == 0 && _time.GetElapsedTime(from) > time + Late ? time : LookAgain;

    private void EndHelpers(ManagedEntry entry)
    {
        entry.Watchdog?.Dispose();
        entry.Watchdog = null;
        entry.Probe?.Cancel();
        entry.Probe = null;
        if (entry.Notify is { } notify)
        {
            entry.Notify = null;
            Begin(() => notify.DisposeAsync().AsTask());
        }
    }

    // What takes time is begun here and awaited at the manager's end; nothing of it runs on the loop.
    private void Begin(Func<Task> work)
    {
        _background.RemoveAll(task => task.IsCompletedSuccessfully);
        _background.Add(Task.Run(work));
    }
}
