using CodeAnalysisServer.Analysis;

namespace CodeAnalysisServer.Operations;

/// <summary>How code hangs together: usages, dependencies, hierarchy.</summary>
internal static class RelationOperations
{
    private const string Bound = "C# is bound by the compiler as far as it binds (binding Semantic); elsewhere, and in other languages, by name (binding Name): then equal names of other things may be among the answers.";

    private static readonly Parameter.Text Cursor = new("cursor", "next_cursor of the answer before, to go on after it.") { Longest = 4096 };

    public static IReadOnlyList<Operation> All { get; } =
    [
        new(
            "find_usages", "Usages of an entity", Effect.Reads,
            "Finds where a type, member or function is used, in the order of paths and lines: each with path, start_line, end_line, column, snippet, the entity around it (within), and why it counts as a usage. Use it before changing or removing something. " + Bound,
            [Entities.Id, new Parameter.Whole("limit", "Most usages in one answer, 1 to 1000; default 100.", 100, 1, 1000), Cursor],
            OperationJson.Plain.UsagePage,
            (context, arguments, cancel) => RunAsync(context, arguments, queries => queries.FindUsages(Entities.Of(queries, arguments.Text("entity")), arguments.Whole("limit"), arguments.TextOrNull("cursor"), cancel), cancel))
        {
            Http = new("GET", "/entities/{id}/usages"),
        },
        new(
            "find_dependencies", "Dependencies of an entity", Effect.Reads,
            "Lists what a type, member or function depends on: the types and members that it uses, with where each is declared and where it is used first. Use it to understand what a piece of code needs. " + Bound,
            [Entities.Id],
            OperationJson.Plain.DependencyAnswer,
            (context, arguments, cancel) => RunAsync(context, arguments, queries => Dependencies(queries, arguments, cancel), cancel))
        {
            Http = new("GET", "/entities/{id}/dependencies"),
        },
        new(
            "get_class_hierarchy", "Hierarchy of a type", Effect.Reads,
            "Lists the types above a type (base classes and interfaces) and those below it, near and far: depth 1 is what is declared there itself. Types from outside of the index have a name and no entity. " + Bound,
            [Entities.Id],
            OperationJson.Plain.TypeHierarchy,
            (context, arguments, cancel) => RunAsync(context, arguments, queries => queries.GetHierarchy(Entities.Of(queries, arguments.Text("entity")), cancel), cancel))
        {
            Http = new("GET", "/entities/{id}/hierarchy"),
        },
    ];

    private static DependencyAnswer Dependencies(CodeQueries queries, Arguments arguments, CancellationToken cancellationToken)
    {
        var entity = Entities.Of(queries, arguments.Text("entity"));
        return new(entity, queries.FindDependencies(entity, cancellationToken));
    }

    // To compile takes time: not on a thread that others wait for.
    private static Task<object> RunAsync(ServerContext context, Arguments arguments, Func<CodeQueries, object> ask, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            using var connection = context.Read();
            try
            {
                return ask(context.Queries(connection));
            }
            catch (FormatException exception)
            {
                throw new RefusedException(Refusal.Invalid, exception.Message);
            }
        },
        cancellationToken);
}
