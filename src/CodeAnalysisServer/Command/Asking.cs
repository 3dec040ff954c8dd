using System.Net;
using System.Text.Json;
using CodeAnalysisServer.Operations;
using CodeAnalysisServer.Serving;

namespace CodeAnalysisServer.Command;

/// <summary>An operation is refused, or fails; told in one line.</summary>
internal sealed class FailedException(string message, int exitCode = 1) : Exception(message)
{
    /// <summary>2 when no operation could understand the words that were given.</summary>
    public int ExitCode => exitCode;
}

/// <summary>Asks the server that owns the data directory, or, where none runs, the index itself.</summary>
internal sealed class Asking : IDisposable
{
    private readonly ServerContext _direct;

    private Asking(RunningServer? server, string data) => (Server, Data, _direct) = (server, data, new(ChosenDatabase.In(data), null));

    /// <summary>The server; null when none runs.</summary>
    public RunningServer? Server { get; }

    /// <summary>The real path of the data directory.</summary>
    public string Data { get; }

    /// <summary>Who answers, in words.</summary>
    public string By => Server is { Identity.Pid: var pid } ? $"answered by the server, process {pid}" : $"no server runs in '{Data}': read from the index directly, which may be stale";

    /// <summary>Finds whom to ask.</summary>
    public static async Task<Asking> OpenAsync(string data, CancellationToken cancellationToken)
    {
        var directory = ServeOptions.Resolve("--data", data);
        return new(await RunningServer.FindAsync(directory, cancellationToken).ConfigureAwait(false), directory);
    }

    /// <summary>The operation's answer.</summary>
    /// <exception cref="FailedException">It is refused.</exception>
    public async Task<JsonElement> AskAsync(string name, CancellationToken cancellationToken, params (string Name, string? Value)[] arguments)
    {
        var operation = Catalog.Of(name);
        KeyValuePair<string, string>[] given = [.. arguments.Where(argument => argument.Value is not null).Select(argument => KeyValuePair.Create(argument.Name, argument.Value!))];
        try
        {
            // Checked here too: what is wrong with the words is told without a server.
            var understood = Arguments.From(operation, given);
            return Server is { } server
                ? await OverHttpAsync(server, operation, given, cancellationToken).ConfigureAwait(false)
                : JsonSerializer.SerializeToElement(await operation.RunAsync(_direct, understood, cancellationToken).ConfigureAwait(false), operation.Result);
        }
        catch (RefusedException refused)
        {
            throw new FailedException(refused.Message, refused.Refusal is Refusal.Invalid ? 2 : 1);
        }
    }

    public void Dispose()
    {
        Server?.Dispose();
        _direct.Dispose();
    }

    private static async Task<JsonElement> OverHttpAsync(RunningServer server, Operation operation, KeyValuePair<string, string>[] given, CancellationToken cancellationToken)
    {
        var (path, query) = (operation.Http!.Pattern, new List<string>());
        foreach (var (name, value) in given)
        {
            var known = operation.Parameters.First(parameter => parameter.Name == name || parameter.QueryName == name);
            var slot = $"{{{known.QueryName ?? known.Name}}}";
            if (path.Contains(slot, StringComparison.Ordinal))
            {
                path = path.Replace(slot, Uri.EscapeDataString(value), StringComparison.Ordinal);
            }
            else
            {
                query.Add($"{known.QueryName ?? known.Name}={Uri.EscapeDataString(value)}");
            }
        }

        using var request = new HttpRequestMessage(new(operation.Http.Method), new Uri(query.Count == 0 ? path : $"{path}?{string.Join('&', query)}", UriKind.Relative));
        try
        {
            using var answer = await server.Http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false));
            return answer.IsSuccessStatusCode ? json.RootElement.Clone()
                : throw new FailedException(json.RootElement.TryGetProperty("detail", out var detail) ? detail.GetString()! : $"the server answers {(int)answer.StatusCode}", answer.StatusCode is HttpStatusCode.BadRequest ? 2 : 1);
        }
        catch (HttpRequestException exception)
        {
            throw new FailedException($"the server, process {server.Identity.Pid}, went during the request: {exception.Message}");
        }
    }
}
