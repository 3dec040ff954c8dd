namespace WorkerManagement.Api.Mcp;

/// <summary>All tools, in the order in which they are listed.</summary>
internal static class ToolCatalog
{
    public static IReadOnlyList<ToolDefinition> All { get; } = [.. StatusTools.All, .. HistoryTools.All, .. ActingTools.All];
}
