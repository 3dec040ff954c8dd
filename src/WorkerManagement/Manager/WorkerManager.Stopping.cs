using WorkerManagement.Lifecycles;
using WorkerManagement.Registry;
using WorkerManagement.Stopping;
using WorkerManagement.Supervision;

namespace WorkerManagement;

/// <content>Stopping: all that may go at once goes at once, what others depend on goes after them, under one deadline.</content>
public sealed partial class WorkerManager
{
    private static readonly TimeSpan DefaultTypeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>After force began, this long passes before a call says what is not settled.</summary>
    private static readonly TimeSpan AfterForce = TimeSpan.FromSeconds(1);

    private Task<StopAllReport>? _stoppingAll;

    /// <summary>Stops one worker by name.</summary>
    /// <exception cref="WorkerNotFoundException">There is no worker of that name.</exception>
    public async Task<WorkerStopReport> StopWorkerAsync(string name, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var entry = await AskAsync(() => _registry.GetValueOrDefault(name)
            ?? throw new WorkerNotFoundException($"there is no worker '{name}'{Spelling.Hint(name, _registry.Keys)}")).ConfigureAwait(false);
        return (await StopAsync([entry], timeout ?? DefaultTypeTimeout, cancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>Stops all workers of a type; blocks. <paramref name="timeout"/> is when force begins, 10 s by default.</summary>
    public StopTypeReport StopWorkerType(string workerType, TimeSpan? timeout = null) =>
        Task.Run(() => StopWorkerTypeAsync(workerType, timeout)).GetAwaiter().GetResult();

    /// <summary>Stops all workers of a type. An unknown type is a success with nothing stopped. Cancelling ends the waiting, not the stopping.</summary>
    public async Task<StopTypeReport> StopWorkerTypeAsync(string workerType, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(workerType);
        var entries = await AskAsync(() => _registry.Values.Where(entry => entry.Type == workerType).ToArray()).ConfigureAwait(false);
        return StopReports.ForType(workerType, await StopAsync(entries, timeout ?? DefaultTypeTimeout, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Stops everything; blocks. <paramref name="timeout"/> is when force begins, 30 s by default.</summary>
    public StopAllReport StopAllWorkers(TimeSpan? timeout = null) => Task.Run(() => StopAllWorkersAsync(timeout)).GetAwaiter().GetResult();

    /// <summary>Stops everything. Concurrent callers share one stop and one report; cancelling ends the waiting, not the stopping. On a disposed manager nothing is left to stop.</summary>
    public async Task<StopAllReport> StopAllWorkersAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        if (_steps.Reader.Completion.IsCompleted)
        {
            // The manager is disposed, which stopped everything: a late exit handler is told so, not failed.
            return StopReports.ForAll([]);
        }

        var stopping = await AskAsync(() => _stoppingAll ??= StopEverythingAsync([.. _registry.Values], timeout ?? Options.ShutdownTimeout)).ConfigureAwait(false);
        return await stopping.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Force now: whatever stops at this moment is killed.</summary>
    internal void Hurry() => Post(() =>
    {
        foreach (var entry in _registry.Values)
        {
            BeginStop(entry, TimeSpan.Zero);
        }
    });

    private async Task<StopAllReport> StopEverythingAsync(IReadOnlyList<Entry> entries, TimeSpan timeout)
    {
        _shuttingDown = true;
        Changed();
        var reports = await StopAsync(entries, timeout, CancellationToken.None).ConfigureAwait(false);
        return await AskAsync(() =>
        {
            (_stoppingAll, _shuttingDown) = (null, false);
            Changed();
            return StopReports.ForAll(reports);
        }).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<WorkerStopReport>> StopAsync(IReadOnlyList<Entry> entries, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var activity = WorkerManagerTelemetry.Begin("workers.stop", entries.Select(entry => entry.Name));
        var deadline = Now + timeout;
        var byName = entries.ToDictionary(entry => entry.Name);
        var stops = new Dictionary<string, Task<WorkerStopReport>>();
        var dependents = byName.Keys.ToDictionary(name => name, _ => new List<Task<WorkerStopReport>>());
        var waves = DependencyGraph.StopWaves(byName.Keys, name => NeededBy(byName[name]));
        var graces = await AskAsync(() => waves.ConvertAll(wave => wave.Max(name => IsDown(byName[name]) ? TimeSpan.Zero : Ladders.Grace(LadderFor(byName[name], timeout))))).ConfigureAwait(false);
        foreach (var (index, wave) in waves.Index())
        {
            var own = graces[index];
            var later = graces.Skip(index + 1).Aggregate(TimeSpan.Zero, (sum, grace) => sum + grace);

            // Nobody needs the first wave: all of it begins in one step of the loop, with the whole time. Earlier waves hold everyone that
            // needs a later one.
            var begun = index > 0 ? [] : await AskAsync(() => wave.ConvertAll(name => BeginStop(byName[name], Ladders.Share(timeout, own, later)))).ConfigureAwait(false);
            foreach (var (place, name) in wave.Index())
            {
                stops[name] = index > 0 ? StopAfterAsync(dependents[name], byName[name], () => Ladders.Share(deadline - Now, own, later), deadline) : AwaitAsync(begun[place], deadline);
                foreach (var needed in NeededBy(byName[name]))
                {
                    dependents.GetValueOrDefault(needed)?.Add(stops[name]);
                }
            }
        }

        var reports = await Task.WhenAll(entries.Select(entry => stops[entry.Name])).WaitAsync(cancellationToken).ConfigureAwait(false);
        activity?.SetTag("workers.forced", reports.Count(report => report.Outcome == "forced")).SetTag("workers.not_settled", reports.Count(report => report.Outcome == "not settled"));
        return reports;
    }

    private async Task<WorkerStopReport> StopAfterAsync(IEnumerable<Task<WorkerStopReport>> dependents, Entry entry, Func<TimeSpan> limit, DateTimeOffset deadline)
    {
        await Task.WhenAll(dependents).ConfigureAwait(false);
        return await AwaitAsync(await AskAsync(() => BeginStop(entry, limit())).ConfigureAwait(false), deadline).ConfigureAwait(false);
    }

    private async Task<WorkerStopReport> AwaitAsync(StopInProgress stop, DateTimeOffset deadline)
    {
        var patience = deadline - Now + AfterForce;
        try
        {
            return await stop.Done.WaitAsync(patience > AfterForce ? patience : AfterForce, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return stop.NotYet(Now);
        }
    }

    private StopInProgress BeginStop(Entry entry, TimeSpan limit)
    {
        var ladder = LadderFor(entry, limit);
        var stop = entry.Stop;
        if (stop is null)
        {
            stop = new(entry.Name, entry.Type, entry.Status.Pid, ladder, Now);
            if (IsDown(entry))
            {
                Forget(entry);
                stop.Gone(Now);
                return stop;
            }

            entry.Stop = stop;
        }
        else if (Ladders.Grace(ladder) >= Ladders.Grace(stop.Ladder))
        {
            return stop;
        }

        stop.Ladder = ladder;
        switch (entry)
        {
            case ManagedEntry managed:
                Decide(managed, new LifecycleEvent.Stop(ladder));
                if (managed.Life.Run == 0)
                {
                    FinishStop(managed, waiting => waiting.Gone(Now));
                }

                break;
            case ProcessEntry process when _guard is not null:
                _guard.Stop(process.Watch, ladder);
                break;
            case InProcessEntry inProcess:
                Begin(() => StopInProcessAsync(inProcess, stop, Ladders.Grace(ladder)));
                break;
        }

        Changed(entry);
        return stop;
    }

    private async Task StopInProcessAsync(InProcessEntry entry, StopInProgress stop, TimeSpan limit)
    {
        using var force = new CancellationTokenSource(limit, _time);
        string? failure = null;
        try
        {
            await entry.StopAsync(force.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // It is the user's code: whatever it throws is this worker's failure and nobody else's.
            failure = $"worker '{entry.Name}' failed while it stopped: {exception.Message}";
        }

        var forced = force.IsCancellationRequested;
        Post(() =>
        {
            if (entry.IsRunning)
            {
                FinishStop(entry, _ => stop.Ended("not settled", null, Now, failure ?? $"worker '{entry.Name}' says that it still runs after its stop"));
            }
            else
            {
                FinishStop(entry, _ => stop.Ended(forced ? "forced" : "cooperative", null, Now, failure));
                Forget(entry);
            }

            Changed(entry);
        });
    }

    private static bool IsDown(Entry entry) => entry switch
    {
        ManagedEntry managed => managed.Life.Run == 0 && managed.Life.State is WorkerState.Stopped or WorkerState.GaveUp,
        ProcessEntry process => process.Ended,
        InProcessEntry inProcess => !inProcess.IsRunning,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // A registered worker leaves the registry once it is gone; a managed one stays listed.
    private void Forget(Entry entry)
    {
        if (entry is ManagedEntry managed)
        {
            Decide(managed, new LifecycleEvent.Stop([]));
        }
        else
        {
            _registry.Remove(entry.Name);
            NoteRemoved(entry);
            (entry as ProcessEntry)?.Dispose();
        }

        Changed(entry);
    }

    private static IReadOnlyList<LadderStep> LadderFor(Entry entry, TimeSpan limit) => entry is ManagedEntry managed
        ? Ladders.Within(managed.Spec.Stop, limit)
        : Ladders.Within([new(15, limit > TimeSpan.Zero ? limit : TimeSpan.Zero)], limit);

    private static IEnumerable<string> NeededBy(Entry entry) => (entry as ManagedEntry)?.Spec.DependsOn.Keys ?? [];
}
