using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;

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
    public Tool ToProtocol() => new()
    {
        Name = Name,
        Title = Title,
        Description = Description,
        InputSchema = Element(new()
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(Parameters.Select(parameter => KeyValuePair.Create(parameter.Name, (JsonNode?)parameter.ToSchema()))),
            ["required"] = new JsonArray([.. Parameters.Where(parameter => parameter.Required).Select(parameter => (JsonNode)parameter.Name)]),
            ["additionalProperties"] = false,
        }),
        Annotations = new()
        {
            Title = Title,
            ReadOnlyHint = Effect is ToolEffect.Reads,
            DestructiveHint = Effect is ToolEffect.Stops or ToolEffect.Restarts,
            IdempotentHint = Effect is not ToolEffect.Restarts,
            // All that it works on are this manager's workers.
            OpenWorldHint = false,
        },
    };

    internal static JsonElement Element(JsonObject node)
    {
        using var document = JsonDocument.Parse(node.ToJsonString());
        return document.RootElement.Clone();
    }
}
