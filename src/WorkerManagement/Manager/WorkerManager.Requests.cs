using System.Globalization;
using WorkerManagement.Lifecycles;
using WorkerManagement.Registry;
using WorkerManagement.Specs;
using WorkerManagement.Supervision;

namespace WorkerManagement;

/// <content>What callers ask of managed workers: start, restart, scale, signal, remove.</content>
public sealed partial class WorkerManager
{
    /// <summary>Adds a worker and starts it; completes when it runs (not: is ready), or fails with what went wrong. A spec of the same name that is down is replaced.</summary>
    /// <exception cref="WorkerManagementException">The spec is wrong, its program is missing, a worker of that name runs, or a stop of everything is going on.</exception>
    public async Task<WorkerStatus> StartWorkerAsync(WorkerSpec spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return (await StartWorkersAsync([spec], cancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>Starts several workers in the order of their dependencies; completes when all run.</summary>
    /// <exception cref="WorkerManagementException">As for one; nothing is started then.</exception>
    public async Task<IReadOnlyList<WorkerStatus>> StartWorkersAsync(IReadOnlyCollection<WorkerSpec> specs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(specs);
        using var activity = WorkerManagerTelemetry.Begin("workers.start", specs.Select(spec => spec.Name));
        return await AllAsync(await BeginWorkersAsync(specs).ConfigureAwait(false)).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>As <see cref="StartWorkersAsync"/>, but completes once they are taken on, with a task for each that completes when it runs.</summary>
    internal async Task<Task<WorkerStatus>[]> BeginWorkersAsync(IReadOnlyCollection<WorkerSpec> specs)
    {
        TakeState();
        var programs = specs.ToDictionary(spec => spec, SpecCheck.Resolve);
        return await AskAsync(() => AddAndStart(specs, programs)).ConfigureAwait(false);
    }

    // From the last to the first: they come in about this order, and one wake-up of the pool does for a thousand, not one for each.
    private static async Task<WorkerStatus[]> AllAsync(Task<WorkerStatus>[] running)
    {
        for (var i = running.Length - 1; i >= 0; i--)
        {
            await ((Task)running[i]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return await Task.WhenAll(running).ConfigureAwait(false);
    }

    /// <summary>Starts a known worker that is down; revives one that gave up.</summary>
    /// <exception cref="WorkerNotFoundException">There is no managed worker of that name.</exception>
    /// <exception cref="WorkerManagementException">It cannot be started.</exception>
    public async Task<WorkerStatus> StartWorkerAsync(string name, CancellationToken cancellationToken = default)
    {
        using var activity = WorkerManagerTelemetry.Begin("workers.start", [name]);
        var running = await AskAsync(() => StartKnown(FindManaged(name))).ConfigureAwait(false);
        return await running.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops and starts one worker; completes when it runs again.</summary>
    /// <exception cref="WorkerNotFoundException">There is no managed worker of that name.</exception>
    /// <exception cref="WorkerManagementException">It cannot be started.</exception>
    public async Task<WorkerStatus> RestartWorkerAsync(string name, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        using var activity = WorkerManagerTelemetry.Begin("workers.restart", [name]);
        var running = await AskAsync(() =>
        {
            var entry = FindManaged(name);
            RefuseDuringShutdown($"restart worker '{name}'");
            var ladder = timeout is { } limit ? Stopping.Ladders.Within(entry.Spec.Stop, limit) : entry.Spec.Stop;
            var restarting = new TaskCompletionSource<WorkerStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
            Decide(entry, new LifecycleEvent.Restart(ladder));
            entry.Waiting.Add(restarting);
            return restarting.Task;
        }).ConfigureAwait(false);
        return await running.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Brings the replicas of a template to a number: <c>NAME-1</c> … <c>NAME-n</c>. Surplus ones are stopped and removed.</summary>
    public async Task<IReadOnlyList<WorkerStatus>> ScaleAsync(WorkerSpec template, int replicas, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentOutOfRangeException.ThrowIfNegative(replicas);
        var known = GetWorkerStatus().Workers.Where(worker => worker.Managed).ToDictionary(worker => worker.Name);
        var started = new List<WorkerStatus>();
        var missing = new List<WorkerSpec>();
        for (var i = 1; i <= replicas; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{template.Name}-{i}");
            if (known.TryGetValue(name, out var worker) && worker.Desired is DesiredState.Up)
            {
                started.Add(worker);
            }
            else
            {
                missing.Add(template with { Name = name, Type = template.Type });
            }
        }

        started.AddRange(await StartWorkersAsync(missing, cancellationToken).ConfigureAwait(false));
        for (var i = replicas + 1; known.ContainsKey(string.Create(CultureInfo.InvariantCulture, $"{template.Name}-{i}")); i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{template.Name}-{i}");
            await StopWorkerAsync(name, null, cancellationToken).ConfigureAwait(false);
            await RemoveWorkerAsync(name, cancellationToken).ConfigureAwait(false);
        }

        return started;
    }

    /// <summary>Sends a signal to a worker's leader.</summary>
    /// <exception cref="WorkerNotFoundException">There is no managed worker of that name.</exception>
    /// <exception cref="WorkerManagementException">It is down.</exception>
    public Task SignalWorkerAsync(string name, int signal, CancellationToken cancellationToken = default) => AskAsync(() =>
    {
        var entry = FindManaged(name);
        if (_guard is null || !entry.Life.LeaderUp)
        {
            throw new WorkerManagementException($"worker '{name}' is {entry.Life.State}: there is no process to send {SignalName.Of(signal)} to");
        }

        _guard.Signal(entry.Life.Run, signal);
        return true;
    }).WaitAsync(cancellationToken);

    /// <summary>Removes the spec of a worker that is down.</summary>
    /// <exception cref="WorkerManagementException">It is not down, or another worker depends on it.</exception>
    public Task RemoveWorkerAsync(string name, CancellationToken cancellationToken = default) => AskAsync(() =>
    {
        var entry = FindManaged(name);
        if (entry.Life.Run != 0 || entry.Life.Desired is DesiredState.Up)
        {
            throw new WorkerManagementException($"worker '{name}' is {entry.Life.State}; stop it before it is removed");
        }

        entry.Log.Dispose();
        _registry.Remove(name);
        NoteRemoved(entry);
        Changed();
        return true;
    }).WaitAsync(cancellationToken);

    private ManagedEntry FindManaged(string name) =>
        _registry.GetValueOrDefault(name) as ManagedEntry
        ?? throw new WorkerNotFoundException($"there is no managed worker '{name}'{Spelling.Hint(name, [.. _registry.Values.OfType<ManagedEntry>().Select(entry => entry.Name)])}");

    private void RefuseDuringShutdown(string what)
    {
        if (_shuttingDown || _ending || _disposing is not null)
        {
            throw new WorkerManagementException($"cannot {what}: the manager is stopping all workers; wait until that stop is done");
        }
    }

    private Task<WorkerStatus>[] AddAndStart(IReadOnlyCollection<WorkerSpec> specs, Dictionary<WorkerSpec, Programs> programs) => [.. AddEntries(specs, programs).Select(StartKnown)];

    private List<ManagedEntry> AddEntries(IReadOnlyCollection<WorkerSpec> specs, Dictionary<WorkerSpec, Programs> programs)
    {
        RefuseDuringShutdown("start workers");
        var all = _registry.Values.OfType<ManagedEntry>().ToDictionary(entry => entry.Name, entry => entry.Spec);
        foreach (var spec in specs)
        {
            if (_registry.TryGetValue(spec.Name, out var known) && (known is not ManagedEntry down || down.Life.Run != 0 || down.Life.Desired is DesiredState.Up))
            {
                throw new WorkerManagementException($"a worker named '{spec.Name}' exists already and is {known.Status.State}; stop it first, or choose another name");
            }

            all[spec.Name] = spec;
        }

        if (specs.Any(spec => spec.DependsOn.Count > 0))
        {
            DependencyGraph.Check(all);
        }

        var added = new List<ManagedEntry>();
        foreach (var spec in specs)
        {
            var earlier = _registry.GetValueOrDefault(spec.Name) as ManagedEntry;
            earlier?.Log.Dispose();
            var entry = new ManagedEntry(spec, Now, new(Path.Combine(_state!.LogDirectory, spec.Name + ".log"), spec.Logs, keeper: _logKeeper)) { Arguments = programs[spec].Worker, ProbeArguments = programs[spec].Probe, Directory = programs[spec].Directory };
            entry.Exit = earlier?.Exit ?? _earlierExits.GetValueOrDefault(spec.Name);
            if (earlier is not null)
            {
                entry.Life = entry.Life with { Incarnation = earlier.Life.Incarnation };
            }

            _registry[spec.Name] = entry;
            added.Add(entry);
        }

        return added;
    }

    private Task<WorkerStatus> StartKnown(ManagedEntry entry)
    {
        RefuseDuringShutdown($"start worker '{entry.Name}'");
        if (entry.Life.LeaderUp && entry.Life.Desired is DesiredState.Up)
        {
            return Task.FromResult(entry.Status);
        }

        var waiting = new TaskCompletionSource<WorkerStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        entry.Waiting.Add(waiting);
        Decide(entry, new LifecycleEvent.Start());
        return waiting.Task;
    }
}
