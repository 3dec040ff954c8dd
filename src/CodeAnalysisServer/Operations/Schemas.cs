using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace CodeAnalysisServer.Operations;

/// <summary>JSON Schemas (2020-12) of arguments and answers.</summary>
internal static class Schemas
{
    private static readonly JsonSchemaExporterOptions Exporting = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Portable };

    /// <summary>Of an operation's arguments.</summary>
    public static JsonObject OfArguments(Operation operation) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(operation.Parameters.Select(parameter => KeyValuePair.Create(parameter.Name, (JsonNode?)Of(parameter)))),
        ["required"] = new JsonArray([.. operation.Parameters.Where(parameter => parameter.Required).Select(parameter => (JsonNode)parameter.Name)]),
        ["additionalProperties"] = false,
    };

    /// <summary>Of an answer.</summary>
    public static JsonObject OfAnswer(JsonTypeInfo type)
    {
        var schema = JsonSchemaExporter.GetJsonSchemaAsNode(type, Exporting).AsObject();
        schema["type"] = "object";
        return schema;
    }

    /// <summary>Of one parameter.</summary>
    public static JsonObject Of(Parameter parameter, bool described = true)
    {
        JsonObject schema = parameter switch
        {
            Parameter.Text text => new() { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = text.Longest },
            Parameter.Whole whole => new() { ["type"] = "integer", ["minimum"] = whole.Least, ["maximum"] = whole.Most, ["default"] = whole.Default },
            Parameter.Flag flag => new() { ["type"] = "boolean", ["default"] = flag.Default },
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        if (parameter is Parameter.Text { OneOf: { } values })
        {
            schema["enum"] = new JsonArray([.. values.Select(value => (JsonNode)value)]);
        }

        if (described)
        {
            schema["description"] = parameter.Description;
        }

        return schema;
    }

    // Some clients know one type a schema only, and none that says nothing.
    private static JsonNode Portable(JsonSchemaExporterContext context, JsonNode schema)
    {
        var type = context.TypeInfo.Type;
        if ((Nullable.GetUnderlyingType(type) ?? type) is { } moment && (moment == typeof(DateTimeOffset) || moment == typeof(TimeSpan)))
        {
            // Seconds, by a converter of its own.
            var number = new JsonObject { ["type"] = "number" };
            return moment == type ? number : OrNull(number);
        }

        if (schema is JsonObject described && described["type"] is JsonArray types)
        {
            described["type"] = types.First(one => one!.GetValue<string>() != "null")!.GetValue<string>();
            return types.Any(one => one!.GetValue<string>() == "null") ? OrNull(described) : described;
        }

        return schema;
    }

    private static JsonObject OrNull(JsonObject schema) => new() { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };
}
