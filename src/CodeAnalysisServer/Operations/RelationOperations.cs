using System.Data.Common;
using CodeAnalysisServer.Analysis;

namespace CodeAnalysisServer.Operations;

/// <summary>How code hangs together: usages, calls, dependencies, hierarchy.</summary>
internal static class RelationOperations
{
    private const string Bound = "C# is bound by the compiler as far as it binds (binding Semantic); elsewhere, and in other languages, by name (binding Name): then equal names of other things may be among the answers; notes say which packages are missing.";

    private static readonly Parameter.Whole Limit = new("limit", "Most of them in one answer, 1 to 1000; default 100.", 100, 1, 1000);

    private static readonly Parameter.Text Cursor = new("cursor", "next_cursor of the answer before, to go on after it.") { Longest = 4096 };

    public static IReadOnlyList<Operation> All { get; } =
    [
        new(
            "find_usages", "Usages of an entity", Effect.Reads,
            "Finds where a type, member or function is used, in the order of paths and lines: each with path, start_line, end_line, column, snippet, the entity around it (within), and why it counts as a usage. Use it before changing or removing something. " + Bound,
            [Entities.Id, new Parameter.Whole("limit", "Most usages in one answer, 1 to 1000; default 100.", 100, 1, 1000), Cursor],
            OperationJson.Plain.UsagePage,
            (context, arguments, cancel) => RunAsync(context, queries => queries.FindUsages(Entities.Of(queries, arguments.Text("entity")), arguments.Whole("limit"), arguments.TextOrNull("cursor"), cancel), cancel))
        {
            Http = new("GET", "/entities/{id}/usages"),
        },
        new(
            "find_callers", "Callers of a function", Effect.Reads,
            "Lists who calls a method or function, or hands it on: one answer for each entity around the calls, with how many there are and the place of the first. Use it to see what a change of its behaviour reaches. " + Bound,
            [Entities.Id, Limit, Cursor],
            OperationJson.Plain.CallPage,
            (context, arguments, cancel) => RunAsync(context, queries => Calls(queries, arguments, entity => queries.Callers(entity, CodeQueries.MostUsages, cancel)), cancel))
        {
            Http = new("GET", "/entities/{id}/callers"),
        },
        new(
            "find_callees", "What a function calls", Effect.Reads,
            "Lists what a method or function calls, each once, in the order of its code, with how many calls there are, the place of the first, and the entity where it is in the index. Use it to see how something is done. " + Bound,
            [Entities.Id, Limit, Cursor],
            OperationJson.Plain.CallPage,
            (context, arguments, cancel) => RunAsync(context, queries => Calls(queries, arguments, entity => queries.Callees(entity, cancel)), cancel))
        {
            Http = new("GET", "/entities/{id}/callees"),
        },
        new(
            "find_dependencies", "Dependencies of an entity or a file", Effect.Reads,
            "Lists what a type, member or function depends on: the types that it uses, with where each is declared and where it is used first. Of a file, given with path, the imports as well. Use it to understand what a piece of code needs. " + Bound,
            [
                new Parameter.Text("entity", "The id that get_code_entity_info gave, or a name that only one entity has, best a qualified one. Give this or path.") { QueryName = "id" },
                new Parameter.Text("path", "A file instead, relative to its root, or absolute within one.") { Longest = 4096 },
                new Parameter.Text("root", "The file's root, as list_projects names it; needed only when several roots have such a file.") { Longest = 4096 },
            ],
            OperationJson.Plain.DependencyAnswer,
            (context, arguments, cancel) => AskAsync(context, (connection, queries) => Dependencies(connection, queries, arguments, cancel), cancel))
        {
            Http = new("GET", "/dependencies"),
        },
        new(
            "get_entity_dependencies", "Dependencies of one entity", Effect.Reads, "As find_dependencies, for the entity of an id.",
            [Entities.Id],
            OperationJson.Plain.DependencyAnswer,
            (context, arguments, cancel) => RunAsync(context, queries => DependenciesOf(queries, arguments.Text("entity"), cancel), cancel))
        {
            Http = new("GET", "/entities/{id}/dependencies"),
            IsTool = false,
        },
        new(
            "get_class_hierarchy", "Hierarchy of a type", Effect.Reads,
            "Lists the types above a type (base classes and interfaces) and those below it, near and far: depth 1 is what is declared there itself. Types from outside of the index have a name and no entity. " + Bound,
            [Entities.Id],
            OperationJson.Plain.TypeHierarchy,
            (context, arguments, cancel) => RunAsync(context, queries => queries.GetHierarchy(Entities.Of(queries, arguments.Text("entity")), cancel), cancel))
        {
            Http = new("GET", "/entities/{id}/hierarchy"),
        },
    ];

    private static CallPage Calls(CodeQueries queries, Arguments arguments, Func<CodeEntity, IReadOnlyList<Call>> ask)
    {
        var (limit, from) = (arguments.Whole("limit"), Paging.From(arguments.TextOrNull("cursor")));
        var entity = Entities.Of(queries, arguments.Text("entity"));
        var calls = ask(entity);
        return new(entity, [.. calls.Skip(from).Take(limit)], calls.Count > from + limit ? Paging.At(from + limit) : null, queries.Notes);
    }

    private static DependencyAnswer Dependencies(DbConnection connection, CodeQueries queries, Arguments arguments, CancellationToken cancellationToken)
    {
        var (entity, path) = (arguments.TextOrNull("entity"), arguments.TextOrNull("path"));
        if ((entity is null) == (path is null))
        {
            throw new RefusedException(Refusal.Invalid, "give either 'entity' (?id= over HTTP) or 'path'");
        }

        if (path is null)
        {
            return DependenciesOf(queries, entity!, cancellationToken);
        }

        var (root, file) = Roots.Find(connection, arguments.TextOrNull("root"), path);
        var found = queries.FindDependencies(root, file, cancellationToken);
        return new(null, root, file, found, queries.Notes);
    }

    private static DependencyAnswer DependenciesOf(CodeQueries queries, string asked, CancellationToken cancellationToken)
    {
        var entity = Entities.Of(queries, asked);
        var found = queries.FindDependencies(entity, cancellationToken);
        return new(entity, entity.Root, entity.Path, found, queries.Notes);
    }

    private static Task<object> RunAsync(ServerContext context, Func<CodeQueries, object> ask, CancellationToken cancellationToken) =>
        AskAsync(context, (_, queries) => ask(queries), cancellationToken);

    // To compile takes time: not on a thread that others wait for.
    private static Task<object> AskAsync(ServerContext context, Func<DbConnection, CodeQueries, object> ask, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            using var connection = context.Read();
            try
            {
                return ask(connection, context.Queries(connection));
            }
            catch (FormatException exception)
            {
                throw new RefusedException(Refusal.Invalid, exception.Message);
            }
        },
        cancellationToken);
}
