using System.Globalization;

namespace WorkerManagement.Supervision;

/// <summary>More or fewer replicas of a type. Pure.</summary>
internal static class Replicas
{
    public const int Most = 10_000;

    /// <summary>All specs, with this many replicas <c>NAME-1</c> … <c>NAME-n</c> of one type.</summary>
    /// <param name="all">The specs that are.</param>
    /// <param name="type">Which.</param>
    /// <param name="replicas">How many.</param>
    /// <param name="remembered">One of the type from before it had none; null when none is known.</param>
    /// <exception cref="WorkerNotFoundException">Nothing of that type is known.</exception>
    /// <exception cref="WorkerManagementException">Its workers are no replicas, or of more than one kind.</exception>
    public static IReadOnlyList<WorkerSpec> Scaled(IReadOnlyCollection<WorkerSpec> all, string type, int replicas, WorkerSpec? remembered)
    {
        var own = all.Where(spec => spec.Type == type).ToList();
        var template = own.FirstOrDefault() ?? remembered ?? throw new WorkerNotFoundException($"there is no type '{type}'{Spelling.Hint(type, [.. all.Select(spec => spec.Type).Distinct()])}");
        if (replicas is < 0 or > Most)
        {
            throw new WorkerManagementException($"type '{type}' cannot have {replicas} replicas; give a number from 0 to {Most}");
        }

        var stem = Stem(template.Name);
        if (stem is null || own.Any(spec => Stem(spec.Name) != stem))
        {
            throw new WorkerManagementException($"the workers of type '{type}' ({string.Join(", ", own.Select(spec => spec.Name).Take(5))}) are not replicas of one; give the worker 'replicas: {replicas}' in the configuration, and apply it");
        }

        return [.. all.Where(spec => spec.Type != type), .. Enumerable.Range(1, replicas).Select(number => Number(own, template, stem, number))];
    }

    private static WorkerSpec Number(List<WorkerSpec> own, WorkerSpec template, string stem, int number)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{stem}-{number}");
        return own.Find(spec => spec.Name == name) ?? template with { Name = name, Type = template.Type };
    }

    private static string? Stem(string name) => name.LastIndexOf('-') is > 0 and var dash && name.AsSpan(dash + 1) is { Length: > 0 } number && !number.ContainsAnyExceptInRange('0', '9') ? name[..dash] : null;
}
