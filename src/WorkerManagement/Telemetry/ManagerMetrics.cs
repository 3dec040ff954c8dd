using System.Diagnostics.Metrics;

namespace WorkerManagement.Telemetry;

// Counting is an addition in the manager's loop; everything else is done when somebody looks. Without a listener nothing runs, and
// an idle manager stays at zero context switches.

/// <summary>What the manager counts, as OpenTelemetry instruments and for <c>/metrics</c>. Counts begin with the manager.</summary>
internal sealed class ManagerMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Histogram<double> _stopTimes;
    private readonly Histogram<double> _spawnTimes;
    private readonly Tally _starts = new("type");
    private readonly Tally _exits = new("type", "reason");
    private readonly Tally _incidents = new("kind");
    private readonly DurationBuckets _stops = new(0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60);
    private readonly DurationBuckets _spawns = new(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5);
    private long _restarts;
    private long _forcedKills;
    private long _membersKilled;

    /// <param name="owner">The manager: tells its meter from another manager's.</param>
    /// <param name="workers">The present snapshot's workers.</param>
    /// <param name="leaked">Processes of runs that are over and that live nevertheless.</param>
    /// <param name="logs">Bytes that workers wrote, and how many of them could not be kept.</param>
    public ManagerMetrics(object owner, Func<IReadOnlyList<WorkerStatus>> workers, Func<int> leaked, Func<(long Bytes, long Dropped)> logs)
    {
        _meter = new(new MeterOptions(WorkerManagerTelemetry.Name) { Version = typeof(ManagerMetrics).Assembly.GetName().Version?.ToString(3), Scope = owner });
        Series =
        [
            new("workers.count", "{worker}", "Workers by state.", false, () => ByState(workers())),
            new("workers.up", "{worker}", "1 for a worker that is ready, else 0.", false, () => [.. workers().Select(worker => new Sample(worker.Ready ? 1 : 0, Labels(worker)))]),
            new("workers.worker.restarts", "{restart}", "How many times each worker was restarted.", true, () => [.. workers().Where(worker => worker.Managed).Select(worker => new Sample(worker.Restarts, Labels(worker)))]),
            new("workers.starts", "{start}", "Runs that began, by type.", true, _starts.Read),
            new("workers.exits", "{exit}", "Runs whose leader ended, by type and reason: success, code, signal, core or lost.", true, _exits.Read),
            new("workers.restarts", "{restart}", "Restarts by the manager.", true, () => One(_restarts)),
            new("workers.incidents", "{incident}", "What the manager did and nobody asked for, by kind.", true, _incidents.Read),
            new("workers.forced.kills", "{kill}", "Runs that ended by force.", true, () => One(_forcedKills)),
            new("workers.members.killed", "{process}", "Processes that SIGKILL was sent to.", true, () => One(_membersKilled)),
            new("workers.leaked", "{process}", "Leaders of runs that are over and that live nevertheless. Always 0.", false, () => One(leaked())),
            new("workers.log", "By", "Bytes that workers wrote.", true, () => One(logs().Bytes)),
            new("workers.log.dropped", "By", "Bytes that workers wrote and the disk did not take.", true, () => One(logs().Dropped)),
        ];
        Durations =
        [
            new("workers.stop.duration", "From the request of a stop until every member was gone.", _stops),
            new("workers.guard.spawn.duration", "From the request to the guard until the worker's program ran.", _spawns),
        ];
        foreach (var series in Series)
        {
            if (series.Grows)
            {
                _meter.CreateObservableCounter(series.Name, () => Measure(series), series.Unit, series.Help);
            }
            else
            {
                _meter.CreateObservableGauge(series.Name, () => Measure(series), series.Unit, series.Help);
            }
        }

        _stopTimes = Histogram(Durations[0]);
        _spawnTimes = Histogram(Durations[1]);
    }

    public IReadOnlyList<Series> Series { get; }

    public IReadOnlyList<DurationSeries> Durations { get; }

    public void Started(string type, TimeSpan took)
    {
        _starts.Add(1, type);
        _spawns.Add(took.TotalSeconds);
        _spawnTimes.Record(took.TotalSeconds);
    }

    public void Exited(string type, WorkerExit exit) =>
        _exits.Add(1, type, exit switch { { Lost: not null } => "lost", { Core: true } => "core", { Signal: not null } => "signal", { Code: 0 } => "success", _ => "code" });

    public void Settled(bool forced, int membersKilled)
    {
        _forcedKills += forced ? 1 : 0;
        _membersKilled += membersKilled;
    }

    public void Stopped(WorkerStopReport report)
    {
        _stops.Add(report.Duration.TotalSeconds);
        _stopTimes.Record(report.Duration.TotalSeconds);
    }

    public void Happened(string kind)
    {
        _restarts += kind == "restart" ? 1 : 0;
        _incidents.Add(1, kind);
    }

    public void Dispose() => _meter.Dispose();

    private Histogram<double> Histogram(DurationSeries series) =>
        _meter.CreateHistogram(series.Name, "s", series.Help, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = series.Buckets.Bounds });

    private static IEnumerable<Measurement<double>> Measure(Series series) => series.Read().Select(sample => new Measurement<double>(sample.Value, sample.Labels));

    private static IReadOnlyList<Sample> One(long value) => [new(value, [])];

    private static KeyValuePair<string, object?>[] Labels(WorkerStatus worker) => [new("worker", worker.Name), new("type", worker.Type)];

    private static IReadOnlyList<Sample> ByState(IReadOnlyList<WorkerStatus> workers) =>
        [.. Enum.GetValues<WorkerState>().Select(state => new Sample(workers.Count(worker => worker.State == state), [new("state", state.ToString())]))];
}
