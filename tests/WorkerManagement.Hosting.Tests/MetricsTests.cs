using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.RegularExpressions;
using WorkerManagement.Api;

namespace WorkerManagement.Hosting.Tests;

/// <summary>What is counted, by Prometheus' text and by OpenTelemetry's instruments alike.</summary>
public sealed partial class MetricsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Starts_ends_restarts_stops_and_force_are_counted()
    {
        await using var server = await new ApiServer().StartAsync("/workers");
        await server.Manager.StartWorkersAsync(
        [
            ApiServer.Sleep("calm"),
            ApiServer.Sleep("loud") with { Command = ["/bin/sh", "-c", "echo 12345; trap '' TERM; sleep 1000 & while :; do wait; done"], Ready = new ReadinessProbe.LogLine("12345") },
            ApiServer.Sleep("done") with { Command = ["/bin/true"], Restart = RestartPolicy.Transient },
        ], Cancel);
        await server.WhenAsync(worker => worker is { Name: "loud", Ready: true });
        await server.WhenAsync(worker => worker is { Name: "done", State: WorkerState.Stopped });
        await server.Manager.SignalWorkerAsync("calm", 9, Cancel);
        await server.WhenAsync(worker => worker is { Name: "calm", Incarnation: > 3, State: WorkerState.Running });
        (await server.Manager.StopWorkerAsync("loud", TimeSpan.FromMilliseconds(50), Cancel)).Outcome.ShouldBe("forced");
        var values = Parse(await server.Http.GetStringAsync(new Uri("/workers/metrics", UriKind.Relative), Cancel));
        values["workers_count{state=\"Running\"}"].ShouldBe(1);
        values["workers_count{state=\"Stopped\"}"].ShouldBe(2);
        values["workers_up{worker=\"calm\",type=\"calm\"}"].ShouldBe(1);
        values["workers_worker_restarts_total{worker=\"calm\",type=\"calm\"}"].ShouldBe(1);
        values["workers_starts_total{type=\"calm\"}"].ShouldBe(2);
        values["workers_exits_total{type=\"calm\",reason=\"signal\"}"].ShouldBe(1);
        values["workers_exits_total{type=\"done\",reason=\"success\"}"].ShouldBe(1);
        values["workers_exits_total{type=\"loud\",reason=\"signal\"}"].ShouldBe(1);
        values["workers_restarts_total"].ShouldBe(1);
        values["workers_incidents_total{kind=\"restart\"}"].ShouldBe(1);
        values["workers_forced_kills_total"].ShouldBe(1);
        values["workers_members_killed_total"].ShouldBe(2);
        values["workers_leaked"].ShouldBe(0);
        values["workers_log_bytes_total"].ShouldBe(6);
        values["workers_log_dropped_bytes_total"].ShouldBe(0);
        values["workers_stop_duration_seconds_count"].ShouldBe(1);
        values["workers_stop_duration_seconds_sum"].ShouldBeGreaterThanOrEqualTo(0.05);
        values["workers_guard_spawn_duration_seconds_bucket{le=\"+Inf\"}"].ShouldBe(4);
    }

    [Fact]
    public async Task OpenTelemetry_sees_the_same_instruments_with_the_same_values()
    {
        await using var server = await new ApiServer().StartAsync();
        var seen = new Dictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Name == WorkerManagerTelemetry.Name && instrument.Meter.Scope == server.Manager)
            {
                listening.EnableMeasurementEvents(instrument);
                seen.TryAdd(instrument.Name, 0);
            }
        }
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) =>
        {
            lock (seen)
            {
                seen[instrument.Name] += value;
            }
        });
        listener.Start();
        await server.Manager.StartWorkersAsync([ApiServer.Sleep("a"), ApiServer.Sleep("b")], Cancel);
        listener.RecordObservableInstruments();
        var metrics = server.Manager.Metrics;
        seen.Keys.ShouldBe([.. metrics.Series.Select(series => series.Name), .. metrics.Durations.Select(series => series.Name)], ignoreOrder: true);
        (seen["workers.starts"], seen["workers.count"], seen["workers.up"]).ShouldBe((2, 2, 2));
        seen["workers.guard.spawn.duration"].ShouldBe(metrics.Durations[1].Buckets.Read().Sum, 1e-9);
    }

    [Fact]
    public async Task Starts_restarts_and_stops_are_activities()
    {
        await using var server = await new ApiServer().StartAsync();
        var name = Guid.NewGuid().ToString("N");
        var ended = new List<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == WorkerManagerTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                // Other tests' managers share the source.
                if (activity.GetTagItem("workers.names") is string names && names.Contains(name, StringComparison.Ordinal))
                {
                    ended.Add(activity.OperationName);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await server.Manager.StartWorkerAsync(ApiServer.Sleep(name), Cancel);
        await server.Manager.RestartWorkerAsync(name, cancellationToken: Cancel);
        await server.Manager.StopWorkerAsync(name, cancellationToken: Cancel);
        ended.ShouldBe(["workers.start", "workers.restart", "workers.stop"]);
    }

    [Fact]
    public async Task A_name_with_quotes_stays_one_label()
    {
        await using var server = await new ApiServer().StartAsync();
        server.Manager.RegisterWorker("t\"y\\pe\n", WorkerRegistration.ForWorker(new Inside()) with { Name = "na\"me" });
        MetricsText.Make(server.Manager.Metrics).ShouldContain("workers_up{worker=\"na\\\"me\",type=\"t\\\"y\\\\pe\\n\"} 1\n");
    }

    // Each line is a comment or a sample; each sample's family was announced before.
    private static Dictionary<string, double> Parse(string text)
    {
        text.ShouldEndWith("\n");
        var (values, families) = (new Dictionary<string, double>(), new HashSet<string>());
        foreach (var line in text.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                families.Add(line.Split(' ')[2]).ShouldBeTrue();
            }
            else if (!line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                var sample = Sample().Match(line);
                sample.Success.ShouldBeTrue(line);
                families.ShouldContain(family => sample.Groups[2].Value.StartsWith(family, StringComparison.Ordinal));
                values.Add(sample.Groups[1].Value, double.Parse(sample.Groups[6].Value, CultureInfo.InvariantCulture));
            }
        }

        return values;
    }

    [GeneratedRegex("^(([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{([a-z]+=\"([^\"\\\\]|\\\\.)*\",?)+\\})?) (\\S+)$")]
    private static partial Regex Sample();

    private sealed class Inside : IWorker
    {
        public bool IsRunning => true;

        public Task StopAsync(CancellationToken force) => Task.CompletedTask;
    }
}
