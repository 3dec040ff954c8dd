using System.Text.Json;
using WorkerManagement.Cli.Output;
using WorkerManagement.Hosting.Configuration;
using WorkerManagement.Journals;

namespace WorkerManagement.Cli;

/// <summary><c>workers status</c>: all workers or some of them, as they are, or as they were by the journal, which needs no manager.</summary>
internal static class StatusVerb
{
    public static Task<int> RunAsync(Invocation call, string[] names, string? at, CancellationToken cancellationToken) =>
        at is null ? NowAsync(call, names, cancellationToken) : PastAsync(call, names, at, cancellationToken);

    private static async Task<int> NowAsync(Invocation call, string[] names, CancellationToken cancellationToken)
    {
        using var client = new ManagerClient(call.StateDirectory);
        using var report = await client.AskAsync(HttpMethod.Get, "/v1/status", cancellationToken).ConfigureAwait(false);
        return Print(call, report, names);
    }

    private static async Task<int> PastAsync(Invocation call, string[] names, string at, CancellationToken cancellationToken)
    {
        if (!Moments.TryParse(at, TimeProvider.System.GetUtcNow(), out var moment))
        {
            return call.Wrong($"--at '{at}': give {Moments.Expected}");
        }

        var past = await new Journal(call.StateDirectory).StatusAtAsync(moment, cancellationToken).ConfigureAwait(false);
        await call.Error.WriteLineAsync($"workers: as it was at {Shown.Time(moment)}, by the journal; its last record before that is of {Shown.Exactly(past.At)}{(past.Stopped ? ", when the manager had stopped" : "")}").ConfigureAwait(false);
        using var report = JsonSerializer.SerializeToDocument(past.Report, ReportJson.Default.WorkerStatusReport);
        return Print(call, report, names);
    }

    private static int Print(Invocation call, JsonDocument report, string[] names)
    {
        JsonElement[] all = [.. report.RootElement.GetProperty("workers").EnumerateArray()];
        if (names.FirstOrDefault(name => !all.Any(worker => Is(worker, name))) is { } unknown)
        {
            return call.Fail($"there is no worker or type '{unknown}'{Spelling.Hint(unknown, [.. all.SelectMany(worker => (string[])[Text(worker, "name"), Text(worker, "type")]).Distinct()])}");
        }

        return !call.Json ? call.PrintTable(WorkerTable.Head, [.. all.Where(worker => names.Length == 0 || names.Any(name => Is(worker, name))).Select(WorkerTable.Row)], WorkerTable.Dispensable)
            : names.Length == 0 ? call.PrintJson(report)
            : call.Say(JsonSerializer.Serialize(Only(report.Deserialize(ReportJson.Default.WorkerStatusReport)!, names), ReportJson.Default.WorkerStatusReport));
    }

    private static WorkerStatusReport Only(WorkerStatusReport report, string[] names)
    {
        WorkerStatus[] workers = [.. report.Workers.Where(worker => names.Contains(worker.Name) || names.Contains(worker.Type))];
        return report with { Workers = workers, TotalWorkers = workers.Length, ByType = WorkerTypeSummary.Of(workers) };
    }

    private static bool Is(JsonElement worker, string name) => Text(worker, "name") == name || Text(worker, "type") == name;

    private static string Text(JsonElement worker, string key) => worker.GetProperty(key).GetString()!;
}
