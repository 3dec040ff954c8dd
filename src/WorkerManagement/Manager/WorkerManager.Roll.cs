using WorkerManagement.Lifecycles;
using WorkerManagement.Registry;
using WorkerManagement.Specs;
using WorkerManagement.Stopping;
using WorkerManagement.Supervision;

namespace WorkerManagement;

/// <content>The steps of an apply, done.</content>
public sealed partial class WorkerManager
{
    /// <summary>How long a worker may wait for its dependencies and its process, beside its own time to be ready.</summary>
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(30);

    /// <summary>One apply on its way. Nothing here runs on the manager's loop: it asks and watches as any caller does.</summary>
    private sealed class Roll(WorkerManager manager, Dictionary<string, WorkerSpec> before, Dictionary<string, WorkerSpec> next)
    {
        private readonly List<ApplyStep> _steps = [];

        public async Task<ApplyReport> CarryOutAsync(ApplyPlan plan)
        {
            foreach (var group in plan.Steps.GroupBy(step => step.Action))
            {
                // Only a replacement waits for the one before it.
                var done = group.Key switch
                {
                    ApplyAction.Update => [.. group.Select(step => step with { Outcome = ApplyOutcome.Done })],
                    ApplyAction.Add => await Task.WhenAll(group.Select(step => IfAllWellAsync(step, AddAsync))).ConfigureAwait(false),
                    ApplyAction.Remove => await RemoveAsync([.. group]).ConfigureAwait(false),
                    _ => null,
                };
                if (done is not null)
                {
                    _steps.AddRange(done);
                    continue;
                }

                foreach (var step in group)
                {
                    _steps.Add(await IfAllWellAsync(step, ReplaceAsync).ConfigureAwait(false));
                }
            }

            var bad = _steps.Find(IsBad);
            var count = _steps.Count(step => step.Outcome is ApplyOutcome.Done);
            return new()
            {
                Success = bad is null,
                Message = bad is not null ? $"{bad.Reason}; {count} of {_steps.Count} changes are done, {_steps.Count(step => step.Outcome is ApplyOutcome.NotBegun)} were not begun"
                    : count == 0 ? "nothing was to be changed" : $"{count} changes are done",
                Steps = _steps,
                Unchanged = plan.Unchanged,
            };
        }

        private static bool IsBad(ApplyStep step) => step.Outcome is ApplyOutcome.Restored or ApplyOutcome.Failed;

        private Task<ApplyStep> IfAllWellAsync(ApplyStep step, Func<ApplyStep, Task<ApplyStep>> act) => _steps.Exists(IsBad) ? Task.FromResult(step) : act(step);

        private async Task<ApplyStep> AddAsync(ApplyStep step)
        {
            if (await manager.StartProvenAsync(next[step.Name]).ConfigureAwait(false) is not { } why)
            {
                return step with { Outcome = ApplyOutcome.Done };
            }

            _ = await manager.TakeAwayAsync(next[step.Name]).ConfigureAwait(false);
            return step with { Outcome = ApplyOutcome.Restored, Reason = $"worker '{step.Name}' is new and did not come up: {why}; it was taken away again" };
        }

        private async Task<ApplyStep> ReplaceAsync(ApplyStep step)
        {
            var (old, spec) = (before[step.Name], next[step.Name]);
            if (await manager.SwapDownAsync(spec).ConfigureAwait(false))
            {
                return step with { Outcome = ApplyOutcome.Done };
            }

            if (await manager.StopSettledAsync(old).ConfigureAwait(false) is { } stays)
            {
                return step with { Outcome = ApplyOutcome.Failed, Reason = $"worker '{step.Name}' could not be stopped: {stays}" };
            }

            if (await manager.StartProvenAsync(spec).ConfigureAwait(false) is not { } why)
            {
                return step with { Outcome = ApplyOutcome.Done };
            }

            var failure = $"worker '{step.Name}' did not come up with its new {string.Join(", ", step.Changed)}: {why}";
            return await manager.StopSettledAsync(spec).ConfigureAwait(false) is { } hangs ? step with { Outcome = ApplyOutcome.Failed, Reason = $"{failure}; and it could not be stopped: {hangs}" }
                : await manager.StartProvenAsync(old).ConfigureAwait(false) is { } worse ? step with { Outcome = ApplyOutcome.Failed, Reason = $"{failure}; and it does not come up as it was before either: {worse}" }
                : step with { Outcome = ApplyOutcome.Restored, Reason = $"{failure}; it runs as before" };
        }

        private async Task<ApplyStep[]> RemoveAsync(ApplyStep[] steps)
        {
            if (_steps.Exists(IsBad))
            {
                return steps;
            }

            // Dependents stand before what they need, and wait only for their own.
            var done = new List<ApplyStep>();
            var names = steps.Select(step => step.Name).ToArray();
            foreach (var wave in DependencyGraph.StopWaves(names, name => before[name].DependsOn.Keys))
            {
                done.AddRange(await Task.WhenAll(steps.Where(step => wave.Contains(step.Name)).Select(RemoveAsync)).ConfigureAwait(false));
            }

            return [.. done];
        }

        private async Task<ApplyStep> RemoveAsync(ApplyStep step) => await manager.TakeAwayAsync(before[step.Name]).ConfigureAwait(false) is { } stays
            ? step with { Outcome = ApplyOutcome.Failed, Reason = $"worker '{step.Name}' could not be removed: {stays}" }
            : step with { Outcome = ApplyOutcome.Done };
    }

    /// <summary>Gives a worker that is down its new spec, and leaves it down; false when it is up.</summary>
    private Task<bool> SwapDownAsync(WorkerSpec spec)
    {
        var programs = new Dictionary<WorkerSpec, Programs> { [spec] = SpecCheck.Resolve(spec) };
        return AskAsync(() =>
        {
            if (_registry.GetValueOrDefault(spec.Name) is not ManagedEntry { Life: { Run: 0, Desired: DesiredState.Down, State: not WorkerState.GaveUp } })
            {
                return false;
            }

            Changed(AddEntries([spec], programs)[0]);
            return true;
        });
    }

    /// <summary>Stops a worker by its own ladder; why it is not settled, or null.</summary>
    private async Task<string?> StopSettledAsync(WorkerSpec spec)
    {
        try
        {
            var report = await StopWorkerAsync(spec.Name, Ladders.Grace(spec.Stop), CancellationToken.None).ConfigureAwait(false);
            return report.Outcome == "not settled" ? report.Reason ?? report.Outcome : null;
        }
        catch (WorkerNotFoundException)
        {
            return null;
        }
    }

    private async Task<string?> TakeAwayAsync(WorkerSpec spec)
    {
        if (await StopSettledAsync(spec).ConfigureAwait(false) is { } stays)
        {
            return stays;
        }

        try
        {
            await RemoveWorkerAsync(spec.Name, CancellationToken.None).ConfigureAwait(false);
            return null;
        }
        catch (WorkerManagementException exception)
        {
            // Somebody started it again meanwhile.
            return exception.Message;
        }
    }

    /// <summary>Starts a worker and waits until it is ready, or has stayed up for a while where it cannot tell; why it did not, or null.</summary>
    private async Task<string?> StartProvenAsync(WorkerSpec spec)
    {
        var limit = StartBound + (spec.Ready?.Timeout ?? TimeSpan.Zero);
        using var bound = new CancellationTokenSource(limit, _time);
        var proving = false;
        try
        {
            var programs = new Dictionary<WorkerSpec, Programs> { [spec] = SpecCheck.Resolve(spec) };
            var earlier = await AskAsync(() =>
            {
                var entry = AddEntries([spec], programs)[0];
                var incarnation = entry.Life.Incarnation;
                Decide(entry, new LifecycleEvent.Start());
                return incarnation;
            }).ConfigureAwait(false);
            await foreach (var report in WatchAsync(bound.Token).ConfigureAwait(false))
            {
                var worker = report.Workers.FirstOrDefault(worker => worker.Name == spec.Name);
                if (worker is null || HasFailed(worker, earlier))
                {
                    return worker is null ? "it was removed meanwhile" : worker.Why;
                }

                if (worker.State is WorkerState.Stopped && worker.Incarnation > earlier)
                {
                    // Its work is done, which its policy allows.
                    return null;
                }

                if (worker is { State: WorkerState.Running, Ready: true } && !proving)
                {
                    if (spec.Ready is not null)
                    {
                        return null;
                    }

                    proving = true;
                    bound.CancelAfter(SpecDifference.ProvingTime);
                }
            }

            return "the manager ended";
        }
        catch (OperationCanceledException)
        {
            return proving ? null : $"it is not up after {limit.TotalSeconds:0.###} s: {GetWorkerStatus().Workers.FirstOrDefault(worker => worker.Name == spec.Name)?.Why}";
        }
        catch (WorkerManagementException exception)
        {
            return exception.Message;
        }
    }

    private static bool HasFailed(WorkerStatus worker, long earlier) =>
        worker.State is WorkerState.BackingOff or WorkerState.GaveUp || worker.Restarts > 0
        || (worker.State is WorkerState.Stopped && worker.Incarnation > earlier && worker.Exit is not { Code: 0 });
}
