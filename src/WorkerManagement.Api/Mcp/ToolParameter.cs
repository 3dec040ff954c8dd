using System.Text.Json.Nodes;

namespace WorkerManagement.Api.Mcp;

/// <summary>One argument of a tool. A closed set: text, whole number, flag.</summary>
internal abstract record ToolParameter
{
    private ToolParameter(string name, string description, bool required) => (Name, Description, Required) = (name, description, required);

    public string Name { get; }

    /// <summary>What it means, with unit and default.</summary>
    public string Description { get; }

    /// <summary>Whether there is no default.</summary>
    public bool Required { get; }

    /// <summary>Its JSON Schema (2020-12).</summary>
    public JsonObject ToSchema()
    {
        JsonObject schema = this switch
        {
            Text { OneOf: { } values } => new() { ["type"] = "string", ["enum"] = new JsonArray([.. values.Select(value => (JsonNode)value)]) },
            Text => new() { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = Text.Longest },
            Whole whole => new() { ["type"] = "integer", ["minimum"] = whole.Least, ["maximum"] = whole.Most, ["default"] = whole.Default },
            Flag => new() { ["type"] = "boolean", ["default"] = false },
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        schema["description"] = Description;
        return schema;
    }

    /// <summary>Text of 1 to <see cref="Longest"/> characters.</summary>
    public sealed record Text(string Name, string Description, bool Required = false) : ToolParameter(Name, Description, Required)
    {
        public const int Longest = 1000;

        /// <summary>The only values; null for any.</summary>
        public IReadOnlyList<string>? OneOf { get; init; }
    }

    /// <summary>A whole number within bounds.</summary>
    public sealed record Whole(string Name, string Description, int Default, int Least, int Most) : ToolParameter(Name, Description, false);

    /// <summary>False unless given.</summary>
    public sealed record Flag(string Name, string Description) : ToolParameter(Name, Description, false);
}
