namespace WorkerManagement.Supervision;

/// <summary>Who needs whom. Pure.</summary>
internal static class DependencyGraph
{
    /// <summary>Refuses unknown names and cycles, with the path.</summary>
    /// <exception cref="WorkerManagementException">There is one.</exception>
    public static void Check(IReadOnlyDictionary<string, WorkerSpec> specs)
    {
        var done = new HashSet<string>();
        foreach (var spec in specs.Values)
        {
            Visit(spec, specs, done, []);
        }
    }

    /// <summary>Splits names into waves for stopping: a worker comes before everything that it depends on.</summary>
    public static List<List<string>> StopWaves(IReadOnlyCollection<string> names, Func<string, IEnumerable<string>> dependenciesOf)
    {
        var rest = new HashSet<string>(names);
        var waves = new List<List<string>>();
        while (rest.Count > 0)
        {
            var needed = rest.SelectMany(dependenciesOf).ToHashSet();
            var wave = names.Where(name => rest.Contains(name) && !needed.Contains(name)).ToList();
            waves.Add(wave);
            rest.ExceptWith(wave);
        }

        return waves;
    }

    private static void Visit(WorkerSpec spec, IReadOnlyDictionary<string, WorkerSpec> specs, HashSet<string> done, List<string> path)
    {
        var cycle = path.IndexOf(spec.Name);
        if (cycle >= 0)
        {
            throw new WorkerManagementException($"the workers depend on each other in a circle: {string.Join(" -> ", path[cycle..])} -> {spec.Name}; remove one of these depends_on");
        }

        if (!done.Contains(spec.Name))
        {
            path.Add(spec.Name);
            foreach (var name in spec.DependsOn.Keys)
            {
                Visit(
                    specs.TryGetValue(name, out var needed)
                        ? needed
                        : throw new WorkerManagementException($"worker '{spec.Name}' depends on '{name}', which does not exist{Spelling.Hint(name, [.. specs.Keys])}"),
                    specs,
                    done,
                    path);
            }

            path.RemoveAt(path.Count - 1);
            done.Add(spec.Name);
        }
    }
}
