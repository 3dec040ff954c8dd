using System.Diagnostics;
using System.Text.Json;

namespace WorkerManagement.Tests;

/// <summary>The reports as JSON: the seed's keys from its own text (Golden/seed-reports.json), ours beside them, and the way back.</summary>
public sealed class SeedJsonTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Status_has_the_seeds_keys_and_types_and_ours_beside_them()
    {
        await using var fixture = new ManagerFixture();
        using var process = Process.Start("/bin/sleep", "1000");
        fixture.Manager.RegisterWorker("worker_type", WorkerRegistration.ForProcess(process) with { Metadata = new Dictionary<string, string> { ["db_path"] = "/x" } });
        var status = JsonSerializer.SerializeToElement(fixture.Manager.GetWorkerStatus());
        Compare(Seed("get_worker_status"), status, "get_worker_status").Order().ShouldBe([
            "get_worker_status.incidents", "get_worker_status.manager", "get_worker_status.resource_version", "get_worker_status.version",
            "get_worker_status.workers.containment", "get_worker_status.workers.depends_on", "get_worker_status.workers.desired", "get_worker_status.workers.exit", "get_worker_status.workers.health",
            "get_worker_status.workers.incarnation", "get_worker_status.workers.log_bytes_dropped", "get_worker_status.workers.managed", "get_worker_status.workers.members", "get_worker_status.workers.metadata",
            "get_worker_status.workers.ready", "get_worker_status.workers.restarts", "get_worker_status.workers.since", "get_worker_status.workers.started_at",
            "get_worker_status.workers.state", "get_worker_status.workers.status_text", "get_worker_status.workers.why"]);
    }

    [Fact]
    public async Task Stops_have_the_seeds_keys_and_types_and_ours_beside_them()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("w", "exec sleep 1000", "worker_type"), Cancel);
        Compare(Seed("stop_worker_type"), JsonSerializer.SerializeToElement(fixture.Manager.StopWorkerType("worker_type")), "stop").ShouldBe(["stop.workers"]);
        await fixture.Manager.StartWorkerAsync("w", Cancel);
        var all = JsonSerializer.SerializeToElement(fixture.Manager.StopAllWorkers());
        Compare(Seed("stop_all_workers"), all, "stop").ShouldBeEmpty();
        Compare(Seed("stop_worker_type"), all.GetProperty("by_type").GetProperty("worker_type"), "stop").ShouldBe(["stop.workers"]);
    }

    [Fact]
    public async Task Every_report_comes_back_as_it_went()
    {
        await using var fixture = new ManagerFixture();
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("w", "exit 3", "t") with { Intensity = new(1, TimeSpan.FromSeconds(60)), Metadata = new Dictionary<string, string> { ["k"] = "v" } }, Cancel);
        await fixture.UntilAsync("w", worker => worker.State is WorkerState.GaveUp);
        await fixture.Manager.StartWorkerAsync(ManagerFixture.Shell("x", "exec sleep 1000", "t"), Cancel);
        var status = fixture.Manager.GetWorkerStatus();
        Returns(status);
        foreach (var worker in status.Workers)
        {
            Returns(worker);
        }

        var back = JsonSerializer.Deserialize<WorkerStatusReport>(JsonSerializer.Serialize(status))!;
        (back.Workers[0].RegisteredAt - status.Workers[0].RegisteredAt).Duration().ShouldBeLessThanOrEqualTo(TimeSpan.FromMicroseconds(1));
        (back.Workers[0].State, back.Workers[0].Exit!.Code, back.Workers[0].Metadata["k"]).ShouldBe((WorkerState.GaveUp, 3, "v"));
        Returns(fixture.Manager.PlanStop());
        var type = fixture.Manager.StopWorkerType("t");
        Returns(type);
        Returns(type.Workers[1]);
        Returns(fixture.Manager.StopAllWorkers());
    }

    private static void Returns<T>(T report)
    {
        var text = JsonSerializer.Serialize(report);
        JsonSerializer.Serialize(JsonSerializer.Deserialize<T>(text)).ShouldBe(text);
        JsonSerializer.Serialize(report, typeof(T), ReportJson.Default).ShouldBe(text, "the generated serializer says the same as the plain one");
    }

    private static JsonElement Seed(string report)
    {
        using var stream = typeof(SeedJsonTests).Assembly.GetManifestResourceStream("seed-reports.json")!;
        return JsonDocument.Parse(stream).RootElement.GetProperty(report).Clone();
    }

    /// <summary>Fails where a key of the seed is missing or of another type; returns the keys that are ours.</summary>
    private static List<string> Compare(JsonElement seed, JsonElement ours, string path)
    {
        switch (seed.ValueKind)
        {
            case JsonValueKind.Object:
                ours.ValueKind.ShouldBe(JsonValueKind.Object, path);
                var extra = ours.EnumerateObject().Select(property => property.Name).Where(name => !seed.TryGetProperty(name, out _)).Select(name => $"{path}.{name}").ToList();
                foreach (var property in seed.EnumerateObject())
                {
                    ours.TryGetProperty(property.Name, out var value).ShouldBeTrue($"{path}.{property.Name} of the seed is missing");
                    extra.AddRange(Compare(property.Value, value, $"{path}.{property.Name}"));
                }

                return extra;
            case JsonValueKind.Array:
                ours.ValueKind.ShouldBe(JsonValueKind.Array, path);
                return [.. ours.EnumerateArray().SelectMany(item => Compare(seed[0], item, path)).Distinct()];
            default:
                ours.ValueKind.ShouldBeOneOf(seed.GetString() switch
                {
                    "int" or "float" => [JsonValueKind.Number],
                    "str" => [JsonValueKind.String],
                    "dict" => [JsonValueKind.Object],
                    _ => [JsonValueKind.True, JsonValueKind.False],
                });
                return [];
        }
    }
}
