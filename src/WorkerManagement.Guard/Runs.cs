using WorkerManagement.Posix;

namespace WorkerManagement.Guard;

/// <summary>All runs, from spawned to settled. The order of its steps is in <see cref="GuardLoop"/>.</summary>
internal sealed partial class Runs : IDisposable
{
    private const ulong EmptiedKind = 1UL << 60, WatchKind = 2UL << 60, DrainOutKind = 3UL << 60, DrainErrorKind = 4UL << 60;
    private const ulong KindMask = 15UL << 60;

    // Below the kinds in epoll's keys, and below every instance tag: a soft limit cannot be above its hard one.
    private const long MaximumIncarnation = (1L << 56) - 1;

    private readonly GuardContext _context;
    private readonly Epoll _epoll;
    private readonly Members _members;
    private readonly Drain _drain;
    private readonly Dictionary<long, Run> _runs = [];
    private readonly Dictionary<int, Run> _leaders = [];

    /// <summary>Processes that the manager had started in a run, such as readiness probes: members like any other, but nobody's leftovers.</summary>
    private readonly Dictionary<int, (Run Run, long Number)> _probes = [];

    /// <summary>Runs whose leader is gone, and runs whose step or killing has a deadline.</summary>
    private readonly List<Run> _ending = [];
    private readonly HashSet<Run> _timed = [];
    private bool _managerGone;
    private bool _killing;
    private bool _changed;

    /// <summary>The children were looked at in this pass of the loop: to kill a thousand runs at once takes one look.</summary>
    private bool _looked;

    internal Runs(GuardContext context, Epoll epoll)
    {
        (_context, _epoll) = (context, epoll);
        _members = new(context.InstanceTag, _leaders);
        _drain = new(context.Arguments.StateDirectory);
    }

    /// <summary>No run begins any more; when none is left the guard ends.</summary>
    internal bool ShuttingDown { get; private set; }

    /// <summary>Everything is to end and something does not: it is left to the last kill.</summary>
    internal bool Abandoned { get; private set; }

    internal bool IsEmpty => _runs.Count == 0;

    internal CgroupTree? Cgroups => _context.Cgroups;

    internal string? Refusal(long incarnation) =>
        incarnation is <= 0 or > MaximumIncarnation ? $"run {incarnation}: numbers from 1 to {MaximumIncarnation} name runs"
        : _runs.ContainsKey(incarnation) ? $"run {incarnation} exists already"
        : null;

    internal void Add(Run run)
    {
        _runs.Add(run.Incarnation, run);
        _leaders.Add(run.Pid, run);
        ReportSpawned(run);
    }

    /// <summary>Starts a process in a run that is up; its end is reported.</summary>
    internal void Probe(long number, long incarnation, Func<int> start)
    {
        if (_runs.TryGetValue(incarnation, out var run) && run is { IsWatched: false, Phase: RunPhase.Up, LeaderGone: false } && start() is > 0 and var pid)
        {
            _probes.Add(pid, (run, number));
        }
        else
        {
            ReportProbeEnded(number, succeeded: false);
        }
    }

    internal void Watch(Run run)
    {
        _runs.Add(run.Incarnation, run);
        if (run.Pin is null)
        {
            LeaderEnded(run, new ExitStatus.Lost("it had ended before it could be watched"));
            return;
        }

        _epoll.Add(run.Pin.Descriptor, EpollInterest.Read, WatchKind | (ulong)run.Incarnation);
        ReportWatching(run);
    }

    internal void Unwatch(long incarnation)
    {
        if (_runs.TryGetValue(incarnation, out var run) && run.IsWatched)
        {
            Remove(run);
        }
    }

    internal void Stop(long incarnation, IReadOnlyList<LadderStep> ladder)
    {
        if (_runs.TryGetValue(incarnation, out var run))
        {
            Begin(run, ladder);
        }
        else
        {
            ReportUnknown(incarnation);
        }
    }

    internal void Extend(long incarnation, long milliseconds)
    {
        if (_runs.TryGetValue(incarnation, out var run) && run.Phase == RunPhase.Ladder)
        {
            run.Deadline = Math.Max(run.Deadline, After(Math.Clamp(milliseconds, 0, int.MaxValue)));
        }
    }

    internal void Signal(long incarnation, int signal)
    {
        if (_runs.TryGetValue(incarnation, out var run) && !run.LeaderGone)
        {
            SignalLeader(run, signal);
        }
    }

    internal List<int> MembersOf(long incarnation)
    {
        if (!_runs.TryGetValue(incarnation, out var run))
        {
            return [];
        }

        if (run.HasCgroup)
        {
            return Cgroups!.Members(incarnation);
        }

        LookOnce(0);
        return _members.All(run).ConvertAll(member => member.Pid);
    }

    /// <summary>A pass of the loop begins.</summary>
    internal void BeginPass() => _looked = false;

    private void LookOnce(long heir)
    {
        if (!_looked)
        {
            _looked = _members.Look(heir) is not null;
        }
    }

    /// <summary>Every run's own ladder, all at once; nothing begins any more.</summary>
    internal void StopAll()
    {
        ShuttingDown = true;
        foreach (var run in _runs.Values)
        {
            if (run.Phase == RunPhase.Up)
            {
                Begin(run, run.Ladder);
            }
        }
    }

    /// <summary>Registered processes are not ours to end while their manager lives: it hands them to the next guard.</summary>
    internal void ReleaseWatched()
    {
        foreach (var run in _managerGone ? [] : _runs.Values.Where(run => run.IsWatched && run.Phase == RunPhase.Up).ToArray())
        {
            Remove(run);
        }
    }

    internal void KillAll()
    {
        ShuttingDown = true;
        _killing = true;
        foreach (var run in _runs.Values)
        {
            Begin(run, []);
        }
    }

    /// <summary>The manager died: stop all, and take over its end of the workers' output.</summary>
    internal void ManagerGone()
    {
        if (_managerGone)
        {
            return;
        }

        _managerGone = true;
        _client = null;
        if (_runs.Count > 0)
        {
            Output.Log($"the manager (process {_context.Arguments.ManagerPid}) is gone: stopping {_runs.Count} workers");
        }

        foreach (var run in _runs.Values)
        {
            StartDrain(run.OutputDescriptor, DrainOutKind, run);
            StartDrain(run.ErrorDescriptor, DrainErrorKind, run);
        }

        StopAll();
    }

    internal void OnEvent(EpollEvent ready)
    {
        if (!_runs.TryGetValue((long)(ready.Key & ~KindMask), out var run))
        {
            return;
        }

        switch (ready.Key & KindMask)
        {
            case WatchKind:
                _epoll.Remove(run.Pin!.Descriptor);
                LeaderEnded(run, new ExitStatus.Lost("it is not a child of the guard"));
                break;
            case EmptiedKind:
                _changed = true;
                if (run.EventsDescriptor >= 0)
                {
                    CgroupTree.Acknowledge(run.EventsDescriptor);
                }

                ForgetEndedDescendants(run);
                break;
            case DrainOutKind when run.OutputDescriptor >= 0 && !_drain.Move(run.OutputDescriptor, run, LogStream.Output):
                _epoll.Remove(run.OutputDescriptor);
                Descriptors.Close(run.OutputDescriptor);
                run.OutputDescriptor = -1;
                break;
            case DrainErrorKind when run.ErrorDescriptor >= 0 && !_drain.Move(run.ErrorDescriptor, run, LogStream.Error):
                _epoll.Remove(run.ErrorDescriptor);
                Descriptors.Close(run.ErrorDescriptor);
                run.ErrorDescriptor = -1;
                break;
        }
    }

    public void Dispose()
    {
        foreach (var run in _runs.Values.ToArray())
        {
            if (_managerGone)
            {
                ExitRecords.Append(_context.Arguments.StateDirectory, run);
            }

            Remove(run);
        }
    }

    private void StartDrain(int descriptor, ulong kind, Run run)
    {
        if (descriptor >= 0)
        {
            _epoll.Add(descriptor, EpollInterest.Read, kind | (ulong)run.Incarnation);
        }
    }

    /// <summary>Lets go of everything that a run holds here.</summary>
    private void Remove(Run run)
    {
        if (_managerGone)
        {
            _drain.MoveAll(run.OutputDescriptor, run, LogStream.Output);
            _drain.MoveAll(run.ErrorDescriptor, run, LogStream.Error);
        }

        // Closing is not enough for epoll while a duplicate of the pipe lives in the manager.
        if (_managerGone && run.OutputDescriptor >= 0)
        {
            _epoll.Remove(run.OutputDescriptor);
        }

        if (_managerGone && run.ErrorDescriptor >= 0)
        {
            _epoll.Remove(run.ErrorDescriptor);
        }

        if (run.EventsDescriptor >= 0)
        {
            _epoll.Remove(run.EventsDescriptor);
        }

        Descriptors.Close(run.OutputDescriptor);
        Descriptors.Close(run.ErrorDescriptor);
        Descriptors.Close(run.EventsDescriptor);
        if (run.Pin is { } pin)
        {
            if (!run.LeaderGone)
            {
                _epoll.Remove(pin.Descriptor);
            }

            pin.Dispose();
        }

        foreach (var pinned in run.PinnedDescendants?.Values.ToArray() ?? [])
        {
            _epoll.Remove(pinned.Descriptor);
            pinned.Dispose();
        }

        if (run.HasCgroup && !run.CgroupIsGone)
        {
            Cgroups!.RemoveWhole(run.Incarnation);
        }

        _runs.Remove(run.Incarnation);
        _ending.Remove(run);
        _timed.Remove(run);
    }
}
