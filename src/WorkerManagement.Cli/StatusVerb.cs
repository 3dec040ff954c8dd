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
        if (names.Length == 0)
        {
            return Print(call, report);
        }

        var whole = report.Deserialize(ReportJson.Default.WorkerStatusReport)!;
        if (names.FirstOrDefault(name => !whole.Workers.Any(worker => Is(worker, name))) is { } unknown)
        {
            return call.Fail($"there is no worker or type '{unknown}'{Spelling.Hint(unknown, [.. whole.Workers.Select(worker => worker.Name).Union(whole.Workers.Select(worker => worker.Type))])}");
        }

        WorkerStatus[] workers = [.. whole.Workers.Where(worker => names.Any(name => Is(worker, name)))];
        using var some = JsonSerializer.SerializeToDocument(whole with { Workers = workers, TotalWorkers = workers.Length, ByType = WorkerTypeSummary.Of(workers) }, ReportJson.Default.WorkerStatusReport);
        return Print(call, some);
    }

    private static int Print(Invocation call, JsonDocument report) => call.Json ? call.PrintJson(report)
        : call.PrintTable(WorkerTable.Head, [.. report.RootElement.GetProperty("workers").EnumerateArray().Select(WorkerTable.Row)], WorkerTable.Dispensable);

    private static bool Is(WorkerStatus worker, string name) => worker.Name == name || worker.Type == name;
}
