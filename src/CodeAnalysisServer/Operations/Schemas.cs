using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace CodeAnalysisServer.Operations;

/// <summary>JSON Schemas (2020-12) of arguments and answers.</summary>
internal static class Schemas
{
    private static readonly JsonSchemaExporterOptions Exporting = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Seconds };

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
        return Portable(Inline(schema, schema)).AsObject();
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

    // Seconds, by converters of their own.
    private static JsonNode Seconds(JsonSchemaExporterContext context, JsonNode schema)
    {
        var type = context.TypeInfo.Type;
        var moment = Nullable.GetUnderlyingType(type) ?? type;
        return moment != typeof(DateTimeOffset) && moment != typeof(TimeSpan) ? schema
            : new JsonObject { ["type"] = moment == type ? "number" : new JsonArray("number", "null") };
    }

    // What is described twice is referred to by its place in the whole, which holds nowhere else. No answer is recursive.
    private static JsonNode Inline(JsonNode schema, JsonNode whole)
    {
        if (schema is JsonObject { Count: > 0 } referring && referring["$ref"]?.GetValue<string>() is { } place)
        {
            var target = place.Split('/').Skip(1).Aggregate(whole, (node, step) => node is JsonArray array ? array[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)]! : node[Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)]!);
            return Inline(target, whole);
        }

        return schema switch
        {
            JsonObject described => new JsonObject(described.Select(part => KeyValuePair.Create(part.Key, part.Value is null ? null : Inline(part.Value, whole)))),
            JsonArray parts => new JsonArray([.. parts.Select(part => part is null ? null : Inline(part, whole))]),
            _ => schema.DeepClone(),
        };
    }

    // Some clients know one type a schema only.
    private static JsonNode Portable(JsonNode schema)
    {
        var parts = schema switch
        {
            JsonObject described => new JsonObject(described.Select(part => KeyValuePair.Create(part.Key, part.Value is null ? null : Portable(part.Value)))),
            JsonArray array => new JsonArray([.. array.Select(part => part is null ? null : Portable(part))]),
            _ => schema.DeepClone(),
        };
        if (parts is not JsonObject { } one || one["type"] is not JsonArray types)
        {
            return parts;
        }

        one["type"] = types.First(type => type!.GetValue<string>() != "null")!.GetValue<string>();
        return types.Any(type => type!.GetValue<string>() == "null") ? new JsonObject { ["anyOf"] = new JsonArray(one, new JsonObject { ["type"] = "null" }) } : one;
    }
}
