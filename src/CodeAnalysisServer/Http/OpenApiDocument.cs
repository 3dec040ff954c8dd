using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using CodeAnalysisServer.Operations;

namespace CodeAnalysisServer.Http;

/// <summary>OpenAPI 3.1 of everything that HTTP has, made from the operations: it cannot tell anything else than what is served.</summary>
internal static class OpenApiDocument
{
    public static JsonObject Make()
    {
        var (paths, schemas) = (new JsonObject(), new JsonObject());
        schemas["Problem"] = Schemas.OfAnswer(OperationJson.Plain.Problem);
        foreach (var operation in Catalog.All.Where(operation => operation.Http is not null))
        {
            var (method, pattern) = (operation.Http!.Method.ToLowerInvariant(), operation.Http.Pattern);
            var path = paths[pattern] as JsonObject ?? [];
            paths[pattern] = path;
            path[method] = Describe(operation, schemas);
        }

        return new()
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "Code analysis server",
                ["version"] = typeof(OpenApiDocument).Assembly.GetName().Version!.ToString(3),
                ["description"] = "Search and questions over an always fresh index of source trees. For programs of this machine only: it listens on loopback, and refuses a foreign Host or Origin.",
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas },
        };
    }

    private static JsonObject Describe(Operation operation, JsonObject schemas)
    {
        // The manager's own routes answer with a worker's whole status, whatever was asked of it.
        var answer = operation.Http!.Mapped ? Reference(operation.Result, schemas) : new JsonObject { ["type"] = "object" };
        return new()
        {
            ["operationId"] = operation.Name,
            ["summary"] = operation.Title,
            ["description"] = operation.Description,
            ["parameters"] = new JsonArray([.. operation.Parameters.Where(parameter => operation.Http.Mapped || InPath(operation, parameter)).Select(parameter => Describe(operation, parameter))]),
            ["responses"] = new JsonObject
            {
                ["200"] = new JsonObject { ["description"] = "The answer.", ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = answer } } },
                ["4XX"] = Refused("It is refused; the detail says why and what to do."),
                ["5XX"] = Refused("Not now; the detail says why and what to do."),
            },
        };
    }

    private static JsonObject Describe(Operation operation, Parameter parameter) => new JsonObject
    {
        ["name"] = parameter.QueryName ?? parameter.Name,
        ["in"] = InPath(operation, parameter) ? "path" : "query",
        ["required"] = parameter.Required,
        ["description"] = parameter.Description,
        ["schema"] = Schemas.Of(parameter, described: false),
    };

    private static bool InPath(Operation operation, Parameter parameter) => operation.Http!.Pattern.Contains($"{{{parameter.QueryName ?? parameter.Name}}}", StringComparison.Ordinal);

    private static JsonObject Refused(string description) => new()
    {
        ["description"] = description,
        ["content"] = new JsonObject { ["application/problem+json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/Problem" } } },
    };

    private static JsonObject Reference(JsonTypeInfo type, JsonObject schemas)
    {
        schemas[type.Type.Name] ??= Schemas.OfAnswer(type);
        return new() { ["$ref"] = $"#/components/schemas/{type.Type.Name}" };
    }
}
