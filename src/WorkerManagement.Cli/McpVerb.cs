using System.Text.Json;
using System.Text.Json.Nodes;
using WorkerManagement.Api.Mcp;

namespace WorkerManagement.Cli;

/// <summary>
/// <c>workers mcp</c>: the protocol on standard input and output, a message a line, for an assistant that starts its servers itself. Calls are
/// passed on to the manager that owns the state directory then; the tools are listed without one, too. Standard output carries the protocol
/// and nothing else.
/// </summary>
internal sealed class McpVerb(string state, TextWriter output) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly Dictionary<string, (CancellationTokenSource Cancel, Task Answering)> _going = [];

    /// <summary>Serves until the input ends. What is going on then ends with it; the manager finishes what it began.</summary>
    public static async Task<int> RunAsync(Invocation call, CancellationToken cancellationToken)
    {
        using var serving = new McpVerb(Path.GetFullPath(call.StateDirectory), call.Out);
        using var input = new StreamReader(Console.OpenStandardInput());
        while (await input.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            await serving.TakeAsync(line, cancellationToken).ConfigureAwait(false);
        }

        foreach (var (cancel, answering) in serving._going.Values)
        {
            await cancel.CancelAsync().ConfigureAwait(false);
            await answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancel.Dispose();
        }

        return ExitCodes.Done;
    }

    public void Dispose() => _one.Dispose();

    private async Task TakeAsync(string line, CancellationToken cancellationToken)
    {
        JsonElement message;
        try
        {
            using var parsed = JsonDocument.Parse(line);
            message = parsed.RootElement.Clone();
            McpProtocol.Check(message);
        }
        catch (JsonException exception)
        {
            await WriteAsync(McpProtocol.NotJson(exception)).ConfigureAwait(false);
            return;
        }

        if (McpProtocol.TextOf(message, "method") == "notifications/cancelled")
        {
            if (message.TryGetProperty("params", out var what) && what.ValueKind is JsonValueKind.Object && what.TryGetProperty("requestId", out var id) && _going.TryGetValue(id.GetRawText(), out var going))
            {
                await going.Cancel.CancelAsync().ConfigureAwait(false);
            }

            return;
        }

        foreach (var done in _going.Where(going => going.Value.Answering.IsCompleted).ToArray())
        {
            done.Value.Cancel.Dispose();
            _going.Remove(done.Key);
        }

        // A long stop does not keep the next question waiting.
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answering = AnswerAsync(message, cancel.Token);
        if (answering.IsCompleted || McpProtocol.IdOf(message) is not { } known || !_going.TryAdd(known.GetRawText(), (cancel, answering)))
        {
            await answering.ConfigureAwait(false);
            cancel.Dispose();
        }
    }

    private async Task AnswerAsync(JsonElement message, CancellationToken cancellationToken)
    {
        try
        {
            if (await McpProtocol.AnswerAsync(message, (_, _, cancel) => AskAsync(message, cancel), cancellationToken).ConfigureAwait(false) is { } answer)
            {
                await WriteAsync(answer).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Nobody waits for this answer any more.
        }
    }

    // A connection a call: a manager that was restarted meanwhile, or lies elsewhere now, is found by the next one.
    private async Task<JsonObject> AskAsync(JsonElement message, CancellationToken cancellationToken)
    {
        try
        {
            using var manager = new ManagerClient(state);
            using var answer = await manager.AskAsync(HttpMethod.Post, McpEndpoint.Pattern, cancellationToken, message.GetRawText()).ConfigureAwait(false);
            return answer.RootElement.TryGetProperty("result", out var result) ? (JsonObject)JsonNode.Parse(result.GetRawText())!
                : McpProtocol.ToolError($"the manager in '{state}' is of another version: {answer.RootElement.GetRawText()}");
        }
        catch (NoManagerException)
        {
            return McpProtocol.ToolError($"no manager runs in '{state}'; start one with 'workers run', or name its directory with --state-dir");
        }
        catch (Exception exception) when (exception is WorkerManagementException or IOException)
        {
            return McpProtocol.ToolError(exception.Message);
        }
    }

    private async Task WriteAsync(JsonObject answer)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            await output.WriteLineAsync(answer.ToJsonString()).ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }
}
