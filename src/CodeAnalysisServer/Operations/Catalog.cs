namespace CodeAnalysisServer.Operations;

/// <summary>Everything that this server does for others.</summary>
internal static class Catalog
{
    /// <summary>All operations, the searches first: that is what most callers come for.</summary>
    public static IReadOnlyList<Operation> All { get; } =
    [
        .. SearchOperations.All,
        .. EntityOperations.All,
        .. RelationOperations.All,
        .. ProjectOperations.All,
        .. DatabaseOperations.All,
        .. WorkerOperations.All,
    ];

    /// <summary>The operation of that name.</summary>
    public static Operation Of(string name) => All.First(operation => operation.Name == name);
}
