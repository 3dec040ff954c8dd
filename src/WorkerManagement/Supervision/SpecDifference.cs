namespace WorkerManagement.Supervision;

/// <summary>What differs between the workers that are and those that should be, and what follows from it. Pure.</summary>
internal static class SpecDifference
{
    // What the manager alone looks at: it needs no new process.
    private static readonly HashSet<string> InPlace = ["restart", "intensity", "backoff", "depends_on", "metadata"];

    /// <summary>The steps from one set to the other, in the order in which they are done.</summary>
    public static ApplyPlan Plan(IReadOnlyDictionary<string, WorkerSpec> now, IReadOnlyDictionary<string, WorkerSpec> next)
    {
        var changed = next.Values.Where(spec => now.ContainsKey(spec.Name))
            .Select(spec => (Spec: spec, Keys: Changed(now[spec.Name], spec))).Where(change => change.Keys.Count > 0).ToArray();
        var steps = new List<ApplyStep>();
        steps.AddRange(changed.Where(change => change.Keys.All(InPlace.Contains)).Select(change => Step(change.Spec, ApplyAction.Update, change.Keys)));
        steps.AddRange(InOrder([.. next.Values.Where(spec => !now.ContainsKey(spec.Name))], dependentsFirst: false).Select(spec => Step(spec, ApplyAction.Add, [])));
        var replaced = changed.Where(change => !change.Keys.All(InPlace.Contains)).ToDictionary(change => change.Spec.Name, change => change.Keys);
        steps.AddRange(InOrder([.. replaced.Keys.Select(name => next[name])], dependentsFirst: false).Select(spec => Step(spec, ApplyAction.Replace, replaced[spec.Name])));
        steps.AddRange(InOrder([.. now.Values.Where(spec => !next.ContainsKey(spec.Name))], dependentsFirst: true).Select(spec => Step(spec, ApplyAction.Remove, [])));
        return new() { Steps = steps, Unchanged = next.Count - changed.Length - next.Keys.Count(name => !now.ContainsKey(name)), WorstCase = WorstCase(steps, now, next) };
    }

    /// <summary>The keys of the configuration in which two specs of one name differ.</summary>
    public static IReadOnlyList<string> Changed(WorkerSpec now, WorkerSpec next)
    {
        var keys = new List<string>();
        Note("type", now.Type == next.Type);
        Note("command", now.Command.SequenceEqual(next.Command));
        Note("directory", now.Directory == next.Directory);
        Note("environment", Same(now.Environment, next.Environment));
        Note("restart", now.Restart == next.Restart);
        Note("intensity", now.Intensity == next.Intensity);
        Note("backoff", now.Backoff == next.Backoff);
        Note("stop", now.Stop.SequenceEqual(next.Stop));
        Note("ready", Same(now.Ready, next.Ready));
        Note("watchdog", now.Watchdog == next.Watchdog);
        Note("depends_on", Same(now.DependsOn, next.DependsOn));
        Note("logs", now.Logs == next.Logs);
        Note("metadata", Same(now.Metadata, next.Metadata));
        return keys;

        void Note(string key, bool same)
        {
            if (!same)
            {
                keys.Add(key);
            }
        }
    }

    private static ApplyStep Step(WorkerSpec spec, ApplyAction action, IReadOnlyList<string> changed) => new() { Name = spec.Name, Type = spec.Type, Action = action, Changed = changed };

    // Only a command is compared by reference.
    private static bool Same(ReadinessProbe? now, ReadinessProbe? next) => now is ReadinessProbe.Command before && next is ReadinessProbe.Command after
        ? before.Arguments.SequenceEqual(after.Arguments) && before == after with { Arguments = before.Arguments }
        : now == next;

    private static bool Same<T>(IReadOnlyDictionary<string, T> now, IReadOnlyDictionary<string, T> next) =>
        now.Count == next.Count && now.All(pair => next.TryGetValue(pair.Key, out var value) && EqualityComparer<T>.Default.Equals(value, pair.Value));

    private static IEnumerable<WorkerSpec> InOrder(WorkerSpec[] specs, bool dependentsFirst)
    {
        var byName = specs.ToDictionary(spec => spec.Name);
        var waves = DependencyGraph.StopWaves([.. specs.Select(spec => spec.Name)], name => byName[name].DependsOn.Keys);
        if (!dependentsFirst)
        {
            waves.Reverse();
        }

        return waves.SelectMany(wave => wave).Select(name => byName[name]);
    }

    // What is added, and what is removed, goes at once; what is replaced goes one after the other.
    private static TimeSpan WorstCase(List<ApplyStep> steps, IReadOnlyDictionary<string, WorkerSpec> now, IReadOnlyDictionary<string, WorkerSpec> next)
    {
        var worst = TimeSpan.Zero;
        foreach (var group in steps.GroupBy(step => step.Action))
        {
            worst += group.Key switch
            {
                ApplyAction.Add => group.Max(step => Coming(next[step.Name])),
                ApplyAction.Replace => group.Aggregate(TimeSpan.Zero, (sum, step) => sum + Going(now[step.Name]) + Coming(next[step.Name])),
                ApplyAction.Remove => group.Max(step => Going(now[step.Name])),
                _ => TimeSpan.Zero,
            };
        }

        return worst;
    }

    private static TimeSpan Going(WorkerSpec spec) => Stopping.Ladders.Grace(spec.Stop);

    private static TimeSpan Coming(WorkerSpec spec) => spec.Ready?.Timeout ?? ProvingTime;

    /// <summary>How long a worker that cannot tell when it is ready must stay up before it counts as come up.</summary>
    public static readonly TimeSpan ProvingTime = TimeSpan.FromSeconds(1);
}
