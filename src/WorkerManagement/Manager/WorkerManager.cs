using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using WorkerManagement.Guarding;
using WorkerManagement.Recovery;
using WorkerManagement.Registry;
using WorkerManagement.Telemetry;

namespace WorkerManagement;

// One loop owns the registry and reads one channel. Everything that happens (a request, what the guard tells, a timer, a
// notification) is posted there as a step. A step never waits: what takes time is begun, and its end is another step. After
// the steps that are there have been done, a new snapshot is published; readers take it without a lock.

/// <summary>
/// Starts, knows, keeps up and stops the background workers of a server. Every member may be called from any thread.
/// </summary>
public sealed partial class WorkerManager : IAsyncDisposable, IDisposable
{
    private readonly Channel<Action> _steps = Channel.CreateUnbounded<Action>(new() { SingleReader = true });
    private readonly OrderedDictionary<string, Entry> _registry = [];
    private readonly List<Action> _answers = [];
    private readonly TimeProvider _time;
    private readonly QuietLogger _logger;
    private readonly Task _loop;
    private readonly object _bell = new();
    private bool _asleep;
    private bool _rung;
    private readonly Lock _taking = new();
    private StateDirectory? _state;
    private readonly CancellationTokenSource _ended = new();
    private Task? _disposing;

    /// <summary>A manager of its own, beside the process-wide one. Nothing is touched until the first worker.</summary>
    /// <param name="options">Not to be changed afterwards.</param>
    /// <param name="time">The clock; the system's unless given.</param>
    /// <param name="loggers">Where it logs; nowhere unless given.</param>
    public WorkerManager(WorkerManagerOptions options, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        _time = time ?? TimeProvider.System;
        _logger = new((loggers ?? NullLoggerFactory.Instance).CreateLogger<WorkerManager>());
        _snapshot = new([], [], new() { Pid = Environment.ProcessId, StateDirectory = Path.GetFullPath(options.StateDirectory), ConfigurationFile = options.ConfigurationFile }, 0, Guid.NewGuid().ToString("N")[..8]);
        Metrics = new(this, () => GetWorkerStatus().Workers, CountLeaked, () => _logs is { } logs ? (logs.Bytes, logs.Dropped) : default);
        // A thread of its own: supervision must not wait behind the server's work in the thread pool.
        _loop = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The options it was built with.</summary>
    public WorkerManagerOptions Options { get; }

    /// <summary>The directory that holds the output of a worker: <c>NAME.log</c>, its full predecessors <c>NAME.log.000001</c> … (the oldest first), and beside each its index, <c>….idx</c>.</summary>
    public string LogDirectory => Path.Combine(Path.GetFullPath(Options.StateDirectory), "logs");

    /// <summary>Cancelled once it is disposed: who follows something has nothing more to expect.</summary>
    internal CancellationToken Ended => _ended.Token;

    /// <summary>What is counted.</summary>
    internal ManagerMetrics Metrics { get; }

    /// <summary>Where sockets with a path go: short enough for one. Takes the state directory.</summary>
    internal string SocketDirectory
    {
        get
        {
            TakeState();
            return _state!.SocketDirectory;
        }
    }

    /// <summary>Takes the state directory, starts guard and keeper, and removes what an earlier manager left. Other members call it when needed.</summary>
    /// <exception cref="WorkerManagementException">The directory is another manager's or unusable, or the guard cannot be started.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default)
    {
        TakeState();
        return AskAsync(WhenGuarded).Unwrap().WaitAsync(cancellationToken);
    }

    /// <summary>Stops everything and lets go of guard and state directory. Every caller waits for the same end.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_taking)
        {
            return new(_disposing ??= EndAsync());
        }
    }

    /// <summary>As <see cref="DisposeAsync"/>; blocks.</summary>
    public void Dispose() => Task.Run(async () => await DisposeAsync().ConfigureAwait(false)).GetAwaiter().GetResult();

    private async Task EndAsync()
    {
        await Task.Yield();
        if (_state is not null || Volatile.Read(ref _snapshot).Workers.Length > 0)
        {
            await StopAllWorkersAsync(Options.ShutdownTimeout).ConfigureAwait(false);
        }

        await AskAsync(EndGuardAsync).Unwrap().ConfigureAwait(false);
        _steps.Writer.TryComplete();
        Wake();
        await _loop.ConfigureAwait(false);
        if (_capsules is { } capsules)
        {
            await capsules.DisposeAsync().ConfigureAwait(false);
        }

        await EndLogsAsync().ConfigureAwait(false);
        await EndJournalAsync().ConfigureAwait(false);
        await _logger.DisposeAsync().ConfigureAwait(false);
        _state?.Dispose();
        Metrics.Dispose();
        EndWatchers();
        await _ended.CancelAsync().ConfigureAwait(false);
        _ended.Dispose();
    }

    private DateTimeOffset Now => _time.GetUtcNow();

    private void TakeState()
    {
        lock (_taking)
        {
            ObjectDisposedException.ThrowIf(_disposing is not null, this);
            _state ??= StateDirectory.Take(Options.StateDirectory);
            BeginJournal(_state.Path);
            BeginCapsules(_state.Path, _state.LogDirectory);
            BeginLogs(_state.LogDirectory);
        }
    }

    private void Run()
    {
        while (!_steps.Reader.Completion.IsCompleted)
        {
            while (_steps.Reader.TryRead(out var step))
            {
                Take(step);
            }

            // Who asked hears only after everybody can see.
            _inherited = null;
            Publish();
            foreach (var answer in _answers)
            {
                answer();
            }

            _answers.Clear();

            // First asleep, then looked once more: who posts after that look wakes it.
            Interlocked.Exchange(ref _asleep, true);
            if (_steps.Reader.TryPeek(out _) || _steps.Reader.Completion.IsCompleted)
            {
                Interlocked.Exchange(ref _asleep, false);
            }
            else
            {
                lock (_bell)
                {
                    while (!_rung)
                    {
                        Monitor.Wait(_bell);
                    }

                    _rung = false;
                }
            }
        }
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _asleep, false))
        {
            lock (_bell)
            {
                _rung = true;
                Monitor.Pulse(_bell);
            }
        }
    }

    // The outermost place: whatever a step did wrong, the others' supervision goes on, and the operator sees it.
    private void Take(Action step)
    {
        try
        {
            step();
        }
        catch (Exception exception)
        {
            AddIncident("internal_error", null, $"a step of the manager failed, the next ones go on: {exception}");
        }
    }

    private bool Post(Action step)
    {
        var posted = _steps.Writer.TryWrite(step);
        Wake();
        return posted;
    }

    private Task<T> AskAsync<T>(Func<T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var posted = Post(() =>
        {
            try
            {
                var result = question();
                _answers.Add(() => answer.SetResult(result));
            }
            catch (Exception exception)
            {
                // Whatever it is, it is the asker's: without an answer the asker would wait for ever.
                _answers.Add(() => answer.SetException(exception));
            }
        });
        return posted ? answer.Task : Task.FromException<T>(new ObjectDisposedException(nameof(WorkerManager)));
    }

    private T Ask<T>(Func<T> question) => AskAsync(question).GetAwaiter().GetResult();
}
