using System.Text.Json;
using System.Text.Json.Nodes;

namespace WorkerManagement.Api.Mcp;

// The Model Context Protocol (modelcontextprotocol.io, revision 2025-11-25 and the ones before it), as far as a server needs it that has tools and
// no sessions: JSON-RPC 2.0 with initialize, ping, tools/list and tools/call. Written out here because the SDK, linked into the native command,
// costs every `workers run` 10 MB that nobody asked for (docs/decisions/0015). The tests speak to it through the SDK's own client. Pure but for the call.

/// <summary>Answers messages of MCP, whichever way they come.</summary>
internal static class McpProtocol
{
    public const string Instructions =
        "A manager of background workers (processes that it starts, watches and restarts). Begin with worker_status; for a worker that is not well ask worker_why, then worker_logs and worker_capsules. worker_stop and worker_restart first return a plan and a code: show the plan, and call again with the code as 'confirm' to act.";

    private const int NoJson = -32700, NoRequest = -32600, NoMethod = -32601, NoParameters = -32602, NoVersion = -32022;

    /// <summary>The newest first.</summary>
    private static readonly string[] Versions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

    /// <summary>Calls a tool; gives the call's result.</summary>
    public delegate Task<JsonObject> Call(ToolDefinition tool, JsonElement arguments, CancellationToken cancellationToken);

    /// <summary>The answer; null where none is due.</summary>
    public static async Task<JsonObject?> AnswerAsync(JsonElement message, Call call, CancellationToken cancellationToken)
    {
        if (message.ValueKind is not JsonValueKind.Object || !message.TryGetProperty("method", out var method) || method.ValueKind is not JsonValueKind.String)
        {
            // An answer to a question that was never asked is no request, either.
            return message.ValueKind is JsonValueKind.Object && (message.TryGetProperty("result", out _) || message.TryGetProperty("error", out _)) ? null : Error(null, NoRequest, "a message is one JSON object with a method");
        }

        if (IdOf(message) is not { } id)
        {
            // A notification.
            return null;
        }

        var parameters = message.TryGetProperty("params", out var given) && given.ValueKind is JsonValueKind.Object ? given : default;
        return method.GetString() switch
        {
            "initialize" => Result(id, Initialize(TextOf(parameters, "protocolVersion"))),
            "ping" => Result(id, []),
            "tools/list" => Result(id, new() { ["tools"] = new JsonArray([.. ToolCatalog.All.Select(tool => (JsonNode)tool.ToProtocol())]) }),
            "tools/call" => ToolCatalog.All.FirstOrDefault(tool => tool.Name == TextOf(parameters, "name")) is { } tool
                ? Result(id, await call(tool, parameters.TryGetProperty("arguments", out var arguments) ? arguments : default, cancellationToken).ConfigureAwait(false))
                : Error(id, NoParameters, $"there is no tool '{TextOf(parameters, "name")}'; tools/list names them"),
            var other => Error(id, NoMethod, $"there is no method '{other}'; this server has tools"),
        };
    }

    /// <summary>Why a client of this version cannot be served; null when it can.</summary>
    public static JsonObject? Refuse(string version) => version.Length == 0 || Versions.Contains(version) ? null
        : Error(null, NoVersion, $"protocol version '{version}' is not spoken here; take one of {string.Join(", ", Versions)}, beginning with initialize", new() { ["supported"] = new JsonArray([.. Versions.Select(known => (JsonNode)known)]), ["requested"] = version });

    /// <summary>Looks at every text of a message once, so that each can be read afterwards: JSON may hold half of a surrogate pair, which is no text.</summary>
    /// <exception cref="JsonException">One cannot be read.</exception>
    public static void Check(JsonElement message)
    {
        try
        {
            using var nowhere = new Utf8JsonWriter(Stream.Null);
            message.WriteTo(nowhere);
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonException("a text in it has half of a surrogate pair.", exception);
        }
    }

    /// <summary>The answer to what is no JSON.</summary>
    public static JsonObject NotJson(JsonException exception) => Error(null, NoJson, $"this is no JSON: {exception.Message}");

    /// <summary>A tool's answer: structured and, for clients that know no such thing, the same JSON in text.</summary>
    public static JsonObject ToolResult(JsonObject answer, bool failed)
    {
        var text = answer.ToJsonString();
        return new() { ["content"] = Content(text), ["structuredContent"] = answer, ["isError"] = failed };
    }

    /// <summary>A refusal that the assistant can act on.</summary>
    public static JsonObject ToolError(string message) => new() { ["content"] = Content(Harmless.Of(message)), ["isError"] = true };

    /// <summary>The message's id, a text or a number, as it is written; null when it has none.</summary>
    public static JsonElement? IdOf(JsonElement message) => message.ValueKind is JsonValueKind.Object && message.TryGetProperty("id", out var id) && id.ValueKind is JsonValueKind.String or JsonValueKind.Number ? id : null;

    private static JsonObject Initialize(string? asked) => new()
    {
        ["protocolVersion"] = asked is not null && Versions.Contains(asked) ? asked : Versions[0],
        ["capabilities"] = new JsonObject { ["tools"] = new JsonObject() },
        ["serverInfo"] = new JsonObject { ["name"] = "workers", ["title"] = "Worker manager", ["version"] = typeof(McpProtocol).Assembly.GetName().Version!.ToString(3) },
        ["instructions"] = Instructions,
    };

    private static JsonArray Content(string text) => new(new JsonObject { ["type"] = "text", ["text"] = text });

    /// <summary>A member of an object that is text; null where there is no object, no such member, or another kind of it.</summary>
    public static string? TextOf(JsonElement parameters, string name) =>
        parameters.ValueKind is JsonValueKind.Object && parameters.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static JsonObject Result(JsonElement id, JsonObject result) => new() { ["jsonrpc"] = "2.0", ["id"] = JsonNode.Parse(id.GetRawText()), ["result"] = result };

    private static JsonObject Error(JsonElement? id, int code, string message, JsonObject? data = null)
    {
        var error = new JsonObject { ["code"] = code, ["message"] = Harmless.Of(message) };
        if (data is not null)
        {
            error["data"] = data;
        }

        return new() { ["jsonrpc"] = "2.0", ["id"] = id is { } known ? JsonNode.Parse(known.GetRawText()) : null, ["error"] = error };
    }
}
