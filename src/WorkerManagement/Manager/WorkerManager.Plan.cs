using WorkerManagement.Stopping;
using WorkerManagement.Supervision;

namespace WorkerManagement;

/// <content>What a stop would do, told without doing it.</content>
public sealed partial class WorkerManager
{
    /// <summary>What a stop would do: of everything, of one worker, or, when none has that name, of one type. Nothing is done.</summary>
    /// <exception cref="WorkerNotFoundException">There is no such type or name.</exception>
    public StopPlan PlanStop(string? typeOrName = null, TimeSpan? timeout = null) => Ask(() =>
    {
        // As a stop by that word takes it: a name before a type.
        var entries = typeOrName is not null && _registry.TryGetValue(typeOrName, out var named)
            ? new() { [named.Name] = named }
            : _registry.Values.Where(entry => typeOrName is null || entry.Type == typeOrName).ToDictionary(entry => entry.Name);
        if (typeOrName is not null && entries.Count == 0)
        {
            throw new WorkerNotFoundException($"there is no worker or type '{typeOrName}'{Spelling.Hint(typeOrName, [.. _registry.Keys.Concat(_registry.Values.Select(entry => entry.Type)).Distinct()])}");
        }

        var limit = timeout ?? (typeOrName is null ? Options.ShutdownTimeout : DefaultTypeTimeout);
        var waves = DependencyGraph.StopWaves(entries.Keys, name => NeededBy(entries[name]));
        var worst = waves.Aggregate(TimeSpan.Zero, (sum, wave) => sum + wave.Max(name => IsDown(entries[name]) ? TimeSpan.Zero : Ladders.Grace(LadderFor(entries[name], limit))));
        return new StopPlan
        {
            Waves = [.. waves.Select(wave => (IReadOnlyList<StopPlanWorker>)[.. wave.Select(name => new StopPlanWorker
            {
                Name = name,
                Type = entries[name].Type,
                Pid = entries[name].Status.Pid,
                Members = entries[name].Status.Members,
                Ladder = Ladders.Describe(LadderFor(entries[name], limit)),
                Grace = Ladders.Grace(LadderFor(entries[name], limit)),
            })])],
            WorstCase = worst < limit ? worst : limit,
        };
    });
}
