using System.Text.Json.Serialization.Metadata;

namespace CodeAnalysisServer.Operations;

/// <summary>What calling it does to the world, as MCP annotates it.</summary>
internal enum Effect
{
    /// <summary>Nothing.</summary>
    Reads,

    /// <summary>It adds or refreshes something; once or twice is the same.</summary>
    Changes,

    /// <summary>It may interrupt or remove something.</summary>
    Destroys,
}

/// <summary>Where an operation is over HTTP. Null <see cref="Mapped"/> routes belong to the manager's API and are only described.</summary>
internal sealed record HttpRoute(string Method, string Pattern, bool Mapped = true);

/// <summary>
/// One thing that this server does for whoever asks. MCP, HTTP with its OpenAPI document, and the command are all made from these:
/// what one of them can do the others can, with the same words.
/// </summary>
/// <param name="Name">The MCP tool's name.</param>
/// <param name="Description">For a coding assistant: what it answers, when to use it.</param>
/// <param name="Result">An object in JSON.</param>
internal sealed record Operation(
    string Name, string Title, Effect Effect, string Description, IReadOnlyList<Parameter> Parameters, JsonTypeInfo Result, Func<ServerContext, Arguments, CancellationToken, Task<object>> RunAsync)
{
    /// <summary>Null where HTTP has no such thing.</summary>
    public HttpRoute? Http { get; init; }

    /// <summary>Whether MCP has it: all but what only programs need.</summary>
    public bool IsTool { get; init; } = true;
}
