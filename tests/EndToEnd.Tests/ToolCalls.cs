using System.Text.Json;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace EndToEnd.Tests;

/// <summary>Calls of tools through the SDK's own client, as an assistant makes them.</summary>
internal static class ToolCalls
{
    /// <summary>What a tool answers; an argument without a value is not sent.</summary>
    public static async Task<JsonElement> CallAsync(McpClient client, string tool, params (string Name, object? Value)[] arguments)
    {
        var answer = await AskAsync(client, tool, arguments);
        (answer.IsError ?? false).ShouldBeFalse(answer.Content.OfType<TextContentBlock>().FirstOrDefault()?.Text);
        return answer.StructuredContent.ShouldNotBeNull();
    }

    /// <summary>Why a tool refuses.</summary>
    public static async Task<string> RefusedAsync(McpClient client, string tool, params (string Name, object? Value)[] arguments)
    {
        var answer = await AskAsync(client, tool, arguments);
        answer.IsError.ShouldBe(true);
        return answer.Content.OfType<TextContentBlock>().Single().Text;
    }

    private static Task<CallToolResult> AskAsync(McpClient client, string tool, (string Name, object? Value)[] arguments) =>
        client.CallToolAsync(tool, arguments.Where(argument => argument.Value is not null).ToDictionary(argument => argument.Name, argument => argument.Value), cancellationToken: TestContext.Current.CancellationToken).AsTask();
}
