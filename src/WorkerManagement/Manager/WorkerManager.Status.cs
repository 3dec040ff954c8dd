using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using WorkerManagement.Registry;

namespace WorkerManagement;

/// <content>Snapshots: made by the loop, read by anybody.</content>
public sealed partial class WorkerManager
{
    private const int MaximumIncidents = 100;

    private readonly List<ChannelWriter<WorkerStatusReport>> _watchers = [];
    private ImmutableList<Incident> _incidents = [];
    private Snapshot _snapshot;
    private bool _dirty;
    private bool _shuttingDown;

    private sealed record Snapshot(WorkerStatus[] Workers, ImmutableList<Incident> Incidents, ManagerStatus Manager, long Version)
    {
        private WorkerStatusReport? _report;

        public WorkerStatusReport Report => _report ??= new()
        {
            TotalWorkers = Workers.Length,
            ByType = Workers.GroupBy(worker => worker.Type).ToDictionary(type => type.Key, type => new WorkerTypeSummary
            {
                Count = type.Count(),
                Pids = [.. type.Where(worker => worker.Pid is not null).Select(worker => worker.Pid!.Value)],
                Names = [.. type.Select(worker => worker.Name)],
            }),
            Workers = Workers,
            Version = Version,
            Incidents = Incidents,
            Manager = Manager,
        };
    }

    /// <summary>The latest snapshot; never waits, not during a stop either.</summary>
    public WorkerStatusReport GetWorkerStatus() => Volatile.Read(ref _snapshot).Report;

    /// <summary>Snapshots: the present one first, then each change. A slow reader gets the latest, not every one.</summary>
    public async IAsyncEnumerable<WorkerStatusReport> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var changes = Channel.CreateBounded<WorkerStatusReport>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_watchers)
        {
            changes.Writer.TryWrite(GetWorkerStatus());
            _watchers.Add(changes.Writer);
        }

        try
        {
            await foreach (var report in changes.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return report;
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
    }

    private void AddIncident(string kind, string? worker, string reason)
    {
        _incidents = _incidents.Add(new() { At = Now, Kind = kind, Worker = worker, Reason = reason });
        if (_incidents.Count > MaximumIncidents)
        {
            _incidents = _incidents.RemoveAt(0);
        }

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
        var next = 0;
        foreach (var entry in _registry.Values)
        {
            workers[next++] = entry.Status;
        }

        Volatile.Write(ref _snapshot, new(workers, _incidents, ManagerNow(), _snapshot.Version + 1));
        lock (_watchers)
        {
            foreach (var watcher in _watchers)
            {
                watcher.TryWrite(_snapshot.Report);
            }
        }
    }

    private ManagerStatus ManagerNow() => new()
    {
        Pid = Environment.ProcessId,
        StateDirectory = Path.GetFullPath(Options.StateDirectory),
        GuardPid = _guard?.Info.GuardPid,
        KeeperPid = _guard?.Info.KeeperPid,
        GuardKind = _guard?.Info.Kind,
        Containment = _guard?.Info.Containment.ToString().ToLowerInvariant() ?? "none",
        ContainmentNote = _guard?.Info.ContainmentNote,
        ShuttingDown = _shuttingDown,
    };

    private void EndWatchers()
    {
        lock (_watchers)
        {
            foreach (var watcher in _watchers)
            {
                watcher.TryComplete();
            }
        }
    }
}
