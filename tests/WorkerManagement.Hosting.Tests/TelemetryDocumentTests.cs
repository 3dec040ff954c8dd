using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using WorkerManagement.Api;
using WorkerManagement.Tests;

namespace WorkerManagement.Hosting.Tests;

/// <summary>docs/telemetry.md and the Grafana dashboard say what there is.</summary>
public sealed partial class TelemetryDocumentTests
{
    private static readonly string Docs = Path.Combine(Checkout.Root, "docs");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_page_has_each_metric_and_each_event_and_no_other()
    {
        await using var server = await new ApiServer().StartAsync();
        var metrics = server.Manager.Metrics;
        var page = await File.ReadAllLinesAsync(Path.Combine(Docs, "telemetry.md"), Cancel);
        var told = page.Where(line => line.StartsWith("| `workers_", StringComparison.Ordinal)).Select(line => line.Split('|', StringSplitOptions.TrimEntries)).Select(row => $"{row[1].Trim('`')} {row[2].Trim('`')} {row[3]} {row[5]}");
        told.ShouldBe(
        [
            .. metrics.Series.Select(series => $"{series.PrometheusName} {series.Name} {(series.Grows ? "counter" : "gauge")} {series.Help}"),
            .. metrics.Durations.Select(series => $"{series.PrometheusName} {series.Name} histogram {series.Help}"),
        ]);
        var events = ((Assembly[])[typeof(WorkerManager).Assembly, typeof(WorkerManagerEndpoints).Assembly]).SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)).Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>()
            .OrderBy(message => message.EventId).Select(message => string.Create(CultureInfo.InvariantCulture, $"| {message.EventId} | {message.Level} | {message.Message} |"));
        page.Where(line => line.Length > 2 && char.IsDigit(line[2])).ShouldBe(events);
    }

    [Fact]
    public async Task The_Grafana_dashboard_asks_for_metrics_that_there_are()
    {
        await using var server = await new ApiServer().StartAsync();
        await server.Manager.StartWorkerAsync(new WorkerSpec { Name = "a", Command = ["/bin/true"], Restart = RestartPolicy.Temporary }, Cancel);
        await server.WhenAsync(worker => worker.State is WorkerState.Stopped);
        var text = MetricsText.Make(server.Manager.Metrics);
        using var dashboard = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Docs, "grafana-dashboard.json"), Cancel));
        var asked = Metric().Matches(dashboard.RootElement.GetRawText()).Select(match => match.Value).Distinct().ToArray();
        asked.Length.ShouldBeGreaterThan(10);
        asked.ShouldAllBe(name => text.Contains("\n" + name, StringComparison.Ordinal) || text.Contains("# TYPE " + name + " ", StringComparison.Ordinal));
    }

    [GeneratedRegex("workers_[a-z_]+")]
    private static partial Regex Metric();
}
