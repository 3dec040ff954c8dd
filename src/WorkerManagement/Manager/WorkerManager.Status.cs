using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using WorkerManagement.Registry;

namespace WorkerManagement;

/// <content>Snapshots: made by the loop, read by anybody.</content>
public sealed partial class WorkerManager
{
    private const int MaximumIncidents = 100;

    private static readonly TimeSpan CountBound = TimeSpan.FromSeconds(1);

    private readonly List<ChannelWriter<Snapshot>> _watchers = [];
    private bool _watched = true;
    private ImmutableList<Incident> _incidents = [];
    private Snapshot _snapshot;
    private bool _dirty;
    private bool _shuttingDown;

    private sealed record Snapshot(WorkerStatus[] Workers, ImmutableList<Incident> Incidents, ManagerStatus Manager, long Version, string Life)
    {
        private WorkerStatusReport? _report;

        /// <summary>Workers inside this process, and where they stand in <see cref="Workers"/>.</summary>
        public (int Index, InProcessEntry Entry)[] InProcess { get; init; } = [];

        /// <summary>With what the workers inside this process say of themselves now.</summary>
        public Snapshot Refreshed()
        {
            var workers = Workers.ToArray();
            foreach (var (index, entry) in InProcess)
            {
                workers[index] = entry.Now;
            }

            return new(workers, Incidents, Manager, Version, Life);
        }

        public WorkerStatusReport Report => _report ??= new()
        {
            TotalWorkers = Workers.Length,
            Workers = Workers,
            Version = Version,
            ResourceVersion = $"{Life}.{Version}",
            Incidents = Incidents,
            Manager = Manager,
        };
    }

    /// <summary>The latest snapshot; never waits, not during a stop either.</summary>
    public WorkerStatusReport GetWorkerStatus()
    {
        var snapshot = Volatile.Read(ref _snapshot);
        return snapshot.InProcess.Length == 0 ? snapshot.Report : snapshot.Refreshed().Report;
    }

    /// <summary>As <see cref="GetWorkerStatus"/>, with each worker's members counted by the guard now. A guard that does not answer within 1 s leaves the last counts.</summary>
    public async Task<WorkerStatusReport> GetWorkerStatusAsync(CancellationToken cancellationToken = default)
    {
        var (guard, runs) = await AskAsync(() => (_guard, _runs.ToArray())).ConfigureAwait(false);
        if (guard is not null && runs.Length > 0)
        {
            try
            {
                var members = await Task.WhenAll(runs.Select(run => guard.MembersAsync(run.Key, cancellationToken))).WaitAsync(CountBound, _time, cancellationToken).ConfigureAwait(false);
                await AskAsync(() => Count(runs, members)).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // Stopped, or busy: what was counted last is the answer.
            }
        }

        return GetWorkerStatus();
    }

    private int Count(KeyValuePair<long, Entry>[] runs, IReadOnlyList<int>[] members)
    {
        for (var i = 0; i < runs.Length; i++)
        {
            var (run, entry) = runs[i];
            if (_runs.GetValueOrDefault(run) == entry && entry.Members != members[i].Count)
            {
                entry.Members = members[i].Count;
                Changed(entry);
            }
        }

        return runs.Length;
    }

    /// <summary>
    /// Snapshots: the present one first, then each change, until the manager is disposed. A slow reader gets the latest, not every one.
    /// </summary>
    public async IAsyncEnumerable<WorkerStatusReport> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var changes = Channel.CreateBounded<Snapshot>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_watchers)
        {
            changes.Writer.TryWrite(Volatile.Read(ref _snapshot));
            if (_watched)
            {
                _watchers.Add(changes.Writer);
            }
            else
            {
                changes.Writer.Complete();
            }
        }

        try
        {
            await foreach (var snapshot in changes.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return snapshot.Report;
            }
        }
        finally
        {
            lock (_watchers)
            {
                _watchers.Remove(changes.Writer);
            }
        }
    }

    private void Changed(Entry? entry = null)
    {
        entry?.Changed();
        _dirty = true;
        if (entry is not null)
        {
            Note(entry);
        }
    }

    private void AddIncident(string kind, string? worker, string reason)
    {
        var incident = new Incident { At = Now, Kind = kind, Worker = worker, Reason = reason };
        _incidents = _incidents.Add(incident);
        if (_incidents.Count > MaximumIncidents)
        {
            _incidents = _incidents.RemoveAt(0);
        }

        Metrics.Happened(kind);
        Note(incident);
        Log.Incident(_logger, kind, worker, reason);
        Changed();
    }

    private void Publish()
    {
        if (!_dirty)
        {
            return;
        }

        _dirty = false;
        var workers = new WorkerStatus[_registry.Count];
        List<(int, InProcessEntry)>? inProcess = null;
        var next = 0;
        foreach (var entry in _registry.Values)
        {
            if (entry is InProcessEntry one)
            {
                (inProcess ??= []).Add((next, one));
            }

            workers[next++] = entry.Status;
        }

        Volatile.Write(ref _snapshot, new(workers, _incidents, ManagerNow(), _snapshot.Version + 1, _snapshot.Life) { InProcess = inProcess is null ? [] : [.. inProcess] });
        lock (_watchers)
        {
            foreach (var watcher in _watchers)
            {
                watcher.TryWrite(_snapshot);
            }
        }
    }

    private ManagerStatus ManagerNow() => new()
    {
        Pid = Environment.ProcessId,
        StateDirectory = Path.GetFullPath(Options.StateDirectory),
        ConfigurationFile = Options.ConfigurationFile,
        GuardPid = _guard?.Info.GuardPid,
        KeeperPid = _guard?.Info.KeeperPid,
        GuardKind = _guard?.Info.Kind,
        Containment = _guard?.Info.Containment.ToString().ToLowerInvariant() ?? "none",
        ContainmentNote = _guard?.Info.ContainmentNote,
        LogFailures = _logger.Failures,
        JournalLost = _journal?.Lost ?? 0,
        ShuttingDown = _shuttingDown,
    };

    private void EndWatchers()
    {
        lock (_watchers)
        {
            _watched = false;
            foreach (var watcher in _watchers)
            {
                watcher.TryComplete();
            }
        }
    }
}
