using System.Text.Json;
using WorkerManagement.Logs;

namespace WorkerManagement.Cli.Top;

/// <summary>Asks the manager for what <c>top</c> shows, and remembers the sample before.</summary>
internal sealed class TopSource(ManagerClient client) : IDisposable
{
    private JsonDocument? _before;
    private long _beforeAt;

    /// <summary>The workers now, without their last lines.</summary>
    public async Task<List<TopRow>> NextAsync(CancellationToken cancellationToken)
    {
        var usage = await client.AskAsync(HttpMethod.Get, "/v1/usage", cancellationToken).ConfigureAwait(false);
        var usageAt = TimeProvider.System.GetTimestamp();
        using var status = await client.AskAsync(HttpMethod.Get, "/v1/status", cancellationToken).ConfigureAwait(false);
        LogDirectory = Path.Combine(status.RootElement.GetProperty("manager").GetProperty("state_directory").GetString()!, "logs");
        var rows = TopRow.From(status.RootElement, _before?.RootElement, usage.RootElement, TimeProvider.System.GetElapsedTime(_beforeAt, usageAt), TimeProvider.System.GetUtcNow());
        _before?.Dispose();
        (_before, _beforeAt) = (usage, usageAt);
        return rows;
    }

    /// <summary>Where the workers' output is, known after the first answer.</summary>
    public string LogDirectory { get; private set; } = "";

    /// <summary>The same rows with what each worker said last.</summary>
    public async Task<List<TopRow>> WithLastLinesAsync(IEnumerable<TopRow> rows, CancellationToken cancellationToken)
    {
        var told = new List<TopRow>();
        foreach (var row in rows)
        {
            told.Add(row with { LastLine = await LinesAsync(row.Name, 1, cancellationToken).ConfigureAwait(false) is [.., var last] ? last : "" });
        }

        return told;
    }

    /// <summary>The last lines of a worker; none where they cannot be read.</summary>
    public async Task<IReadOnlyList<string>> LinesAsync(string name, int count, CancellationToken cancellationToken)
    {
        try
        {
            return await new WorkerLog(LogDirectory, name).LastLinesAsync(count, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [exception.Message];
        }
    }

    public void Dispose() => _before?.Dispose();
}
