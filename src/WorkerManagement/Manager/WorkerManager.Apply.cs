using WorkerManagement.Registry;
using WorkerManagement.Specs;
using WorkerManagement.Supervision;

namespace WorkerManagement;

/// <content>Bringing the managed workers to what a set of specs says, and telling first what that would do.</content>
public sealed partial class WorkerManager
{
    private readonly Dictionary<string, WorkerSpec> _scaledAway = [];
    private bool _applying;

    /// <summary>What <see cref="ApplyAsync"/> would do. Nothing is done.</summary>
    /// <exception cref="WorkerManagementException">A spec is wrong, as there.</exception>
    public ApplyPlan PlanApply(IReadOnlyCollection<WorkerSpec> specs)
    {
        ArgumentNullException.ThrowIfNull(specs);
        _ = ProgramsOf(specs);
        return Ask(() => Plan(specs));
    }

    /// <summary>
    /// Makes these the managed workers. Those that are as they should be keep their processes. What is new is started; what differs is
    /// stopped and started one after the other, each proven before the next: ready, or, where it cannot tell, up for 1 s. One that is
    /// not ends the roll, and what was in its place comes back. What is no longer named is stopped and removed at the end. A worker
    /// that is down stays down. Cancelling ends the waiting, not the work.
    /// </summary>
    /// <exception cref="WorkerManagementException">A spec is wrong, another apply or a stop of everything is going on; nothing is changed then.</exception>
    public async Task<ApplyReport> ApplyAsync(IReadOnlyCollection<WorkerSpec> specs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(specs);
        TakeState();
        _ = ProgramsOf(specs);
        var (plan, before) = await AskAsync(() => BeginApply(specs)).ConfigureAwait(false);
        return await CarryOutAsync(plan, new(this, before, specs.ToDictionary(spec => spec.Name))).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What <see cref="ScaleTypeAsync"/> would do. Nothing is done.</summary>
    /// <exception cref="WorkerManagementException">As there.</exception>
    public ApplyPlan PlanScale(string workerType, int replicas) => PlanApply(Ask(() => Scaled(workerType, replicas)));

    /// <summary>Brings the replicas of a type to a number: more like those that are there, or fewer from the last one on.</summary>
    /// <exception cref="WorkerNotFoundException">There is no such type.</exception>
    /// <exception cref="WorkerManagementException">Its workers are no replicas, another worker depends on one that would go, or as <see cref="ApplyAsync"/>.</exception>
    public async Task<ApplyReport> ScaleTypeAsync(string workerType, int replicas, CancellationToken cancellationToken = default) =>
        await ApplyAsync(await AskAsync(() => Scaled(workerType, replicas)).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    private static Dictionary<string, Programs> ProgramsOf(IReadOnlyCollection<WorkerSpec> specs)
    {
        var programs = new Dictionary<string, Programs>();
        foreach (var spec in specs)
        {
            if (!programs.TryAdd(spec.Name, SpecCheck.Resolve(spec)))
            {
                throw new WorkerManagementException($"two workers are named '{spec.Name}'; rename one");
            }
        }

        return programs;
    }

    private Dictionary<string, WorkerSpec> SpecsNow() => _registry.Values.OfType<ManagedEntry>().ToDictionary(entry => entry.Name, entry => entry.Spec);

    private IReadOnlyList<WorkerSpec> Scaled(string workerType, int replicas) => Replicas.Scaled(SpecsNow().Values, workerType, replicas, _scaledAway.GetValueOrDefault(workerType));

    private ApplyPlan Plan(IReadOnlyCollection<WorkerSpec> specs)
    {
        var next = specs.ToDictionary(spec => spec.Name);
        if (specs.FirstOrDefault(spec => _registry.TryGetValue(spec.Name, out var entry) && entry is not ManagedEntry) is { } taken)
        {
            throw new WorkerManagementException($"a worker named '{taken.Name}' was registered by the program itself; choose another name");
        }

        DependencyGraph.Check(next);
        return SpecDifference.Plan(SpecsNow(), next);
    }

    private (ApplyPlan Plan, Dictionary<string, WorkerSpec> Before) BeginApply(IReadOnlyCollection<WorkerSpec> specs)
    {
        RefuseDuringShutdown("change the workers");
        if (_applying)
        {
            throw new WorkerManagementException("another change of the workers is going on; wait until it is done (workers status shows what moves)");
        }

        var plan = Plan(specs);
        var before = SpecsNow();
        foreach (var spec in specs.Where(spec => plan.Steps.Any(step => step.Action is ApplyAction.Update && step.Name == spec.Name)))
        {
            var entry = FindManaged(spec.Name);
            entry.Spec = spec;
            Changed(entry);
        }

        foreach (var gone in plan.Steps.Where(step => step.Action is ApplyAction.Remove))
        {
            _scaledAway[gone.Type] = before[gone.Name];
        }

        _applying = true;
        return (plan, before);
    }

    private async Task<ApplyReport> CarryOutAsync(ApplyPlan plan, Roll roll)
    {
        try
        {
            return await roll.CarryOutAsync(plan).ConfigureAwait(false);
        }
        finally
        {
            Post(() => _applying = false);
        }
    }
}
