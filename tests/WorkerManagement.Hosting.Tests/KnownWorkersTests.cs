using System.Text.Json;
using WorkerManagement.Api;

namespace WorkerManagement.Hosting.Tests;

public sealed class KnownWorkersTests
{
    [Fact]
    public void A_reports_JSON_is_the_plain_one_and_a_worker_that_changed_is_told_anew()
    {
        var a = new WorkerStatus { Name = "a", Type = "\"quoted\"\n", Pid = 7, Why = "ünder <b>", Metadata = new Dictionary<string, string> { ["k"] = "v" }, Exit = new() { Code = 3 } };
        var b = new WorkerStatus { Name = "b", Type = "b" };
        ShouldBePlain(new() { TotalWorkers = 2, Workers = [a, b], Version = 1, ResourceVersion = "x.1", Incidents = [new() { Kind = "crash", Reason = "it's so" }] });
        ShouldBePlain(new() { TotalWorkers = 2, Workers = [a with { Pid = 8, Ready = true }, b], Version = 2, ResourceVersion = "x.2" });
        ShouldBePlain(new());
    }

    private static void ShouldBePlain(WorkerStatusReport report) =>
        JsonSerializer.Serialize(report, KnownWorkers.Report).ShouldBe(JsonSerializer.Serialize(report, ReportJson.Default.WorkerStatusReport));
}
