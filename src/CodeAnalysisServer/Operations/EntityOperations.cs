using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Operations;

/// <summary>Named things in the code: what they are, and what a file declares.</summary>
internal static class EntityOperations
{
    public static IReadOnlyList<Operation> All { get; } =
    [
        new(
            "get_code_entity_info", "Find a type, member or function by name", Effect.Reads,
            "Finds declarations by name: types, methods, properties, functions and so on, each with kind, qualified name, signature, documentation, path with start_line and end_line, cyclomatic complexity, size in lines, and its id for the other tools. Give the plain name (Add), or the end of the qualified name (List.Add). Exact matches come first, then those that differ in case. C# is parsed by Roslyn, other languages by Universal Ctags.",
            [
                new Parameter.Text("name", "The name, or the end of the qualified name, such as HttpClient or HttpClient.SendAsync.", Required: true),
                new Parameter.Text("kind", "Only this kind, such as class, interface, method, property, function.") { Longest = 50 },
                new Parameter.Whole("limit", "Most entities in one answer, 1 to 200; default 20.", 20, 1, 200),
                new Parameter.Text("cursor", "next_cursor of the answer before, to go on after it.") { Longest = 200 },
            ],
            OperationJson.Plain.EntityAnswer,
            (context, arguments, _) => Task.FromResult<object>(Find(context, arguments)))
        {
            Http = new("GET", "/entities"),
        },
        new(
            "get_entity", "One entity", Effect.Reads, "The entity of an id.",
            [Entities.Id],
            OperationJson.Plain.EntityInfo,
            (context, arguments, _) => Task.FromResult<object>(One(context, arguments)))
        {
            Http = new("GET", "/entities/{id}"),
            IsTool = false,
        },
        new(
            "get_file_outline", "Outline of a file", Effect.Reads,
            "Lists what a file declares, in the order of its lines: kind, name, signature, lines, complexity; parent_id tells which entity is within which. Use it to understand a file without reading all of it.",
            [
                new Parameter.Text("path", "The file, relative to its root, or absolute within one.", Required: true) { Longest = 4096 },
                new Parameter.Text("root", "Its root, as list_projects names it; needed only when several roots have such a file.") { Longest = 4096 },
            ],
            OperationJson.Plain.FileOutline,
            (context, arguments, _) => Task.FromResult<object>(Outline(context, arguments)))
        {
            Http = new("GET", "/files/outline"),
        },
        new(
            "list_indexing_errors", "Files that could not be indexed", Effect.Reads,
            "Lists the files that could not be indexed, or only in part: with the stage that failed, the reason and the time. They are tried again when they change. Use it when something is missing from results. What is left out by rule (ignored, binary, too large) is told by list_projects.",
            [
                new Parameter.Text("root", "Only this root, as list_projects names it.") { Longest = 4096 },
                new Parameter.Whole("limit", "Most files in one answer, 1 to 1000; default 100.", 100, 1, 1000),
                new Parameter.Text("cursor", "next_cursor of the answer before, to go on after it.") { Longest = 200 },
            ],
            OperationJson.Plain.IndexingErrors,
            (context, arguments, _) => Task.FromResult<object>(Errors(context, arguments)))
        {
            Http = new("GET", "/errors"),
        },
    ];

    private static EntityAnswer Find(ServerContext context, Arguments arguments)
    {
        var (name, limit, from) = (arguments.Text("name"), arguments.Whole("limit"), Paging.From(arguments.TextOrNull("cursor")));
        using var connection = context.Read();
        var found = context.Queries(connection).FindEntities(name, arguments.TextOrNull("kind"), Math.Min(from + limit + 1, CodeQueries.MostEntities));
        return new(name, [.. found.Skip(from).Take(limit).Select(hit => new EntityMatch(hit.Entity, hit.Why))], found.Count > from + limit ? Paging.At(from + limit) : null);
    }

    private static EntityInfo One(ServerContext context, Arguments arguments)
    {
        using var connection = context.Read();
        return new(Entities.Of(context.Queries(connection), arguments.Text("entity")));
    }

    private static FileOutline Outline(ServerContext context, Arguments arguments)
    {
        using var connection = context.Read();
        var (root, path) = Roots.Find(connection, arguments.TextOrNull("root"), arguments.Text("path"));
        var language = connection.Scalar("SELECT a.language FROM analyses a JOIN files f ON f.id = a.file_id WHERE f.root = $1 AND f.path = $2", root, path) as string;
        return new(root, path, language, context.Queries(connection).Outline(root, path));
    }

    private static IndexingErrors Errors(ServerContext context, Arguments arguments)
    {
        var (root, limit, from) = (arguments.TextOrNull("root"), arguments.Whole("limit"), Paging.From(arguments.TextOrNull("cursor")));
        using var connection = context.Read();
        if (root is not null)
        {
            Roots.Check(connection, root);
        }

        var total = (long)connection.Scalar("SELECT count(*) FROM indexing_errors WHERE $1 IS NULL OR root = $1", root)!;
        var errors = connection.Rows(
            "SELECT root, path, stage, message, time FROM indexing_errors WHERE $1 IS NULL OR root = $1 ORDER BY root, path, stage LIMIT $2 OFFSET $3",
            row => new IndexingError(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4)),
            root,
            limit,
            from);
        return new(total, errors, total > from + errors.Count ? Paging.At(from + errors.Count) : null);
    }
}
