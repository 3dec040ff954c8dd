using System.Text.Json.Nodes;

namespace WorkerManagement.Api.Mcp;

/// <summary>What calling it does, as MCP annotates it.</summary>
internal enum ToolEffect
{
    /// <summary>Nothing.</summary>
    Reads,

    /// <summary>It starts something; once or twice is the same.</summary>
    Starts,

    /// <summary>It ends something; once or twice is the same.</summary>
    Stops,

    /// <summary>It ends something each time.</summary>
    Restarts,
}

/// <summary>A tool's answer: an object, and whether it says that something did not work.</summary>
internal sealed record ToolAnswer(JsonObject Json, bool Failed = false);

/// <summary>One thing that an assistant can ask of a manager. The description is for the assistant: what it answers, when to use it.</summary>
internal sealed record ToolDefinition(
    string Name, string Title, ToolEffect Effect, string Description, IReadOnlyList<ToolParameter> Parameters, Func<WorkerManager, ToolArguments, CancellationToken, Task<ToolAnswer>> RunAsync)
{
    /// <summary>As the protocol lists it.</summary>
    public JsonObject ToProtocol() => new()
    {
        ["name"] = Name,
        ["title"] = Title,
        ["description"] = Description,
        ["inputSchema"] = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(Parameters.Select(parameter => KeyValuePair.Create(parameter.Name, (JsonNode?)parameter.ToSchema()))),
            ["required"] = new JsonArray([.. Parameters.Where(parameter => parameter.Required).Select(parameter => (JsonNode)parameter.Name)]),
            ["additionalProperties"] = false,
        },
        ["annotations"] = new JsonObject
        {
            ["title"] = Title,
            ["readOnlyHint"] = Effect is ToolEffect.Reads,
            ["destructiveHint"] = Effect is ToolEffect.Stops or ToolEffect.Restarts,
            ["idempotentHint"] = Effect is not ToolEffect.Restarts,
            // All that it works on are this manager's workers.
            ["openWorldHint"] = false,
        },
    };
}
