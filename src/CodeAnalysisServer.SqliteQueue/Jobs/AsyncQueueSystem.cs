namespace CodeAnalysisServer.SqliteQueue.Jobs;

/// <summary>
/// A queue of named jobs with a registry that survives: what was RUNNING when its process died is INTERRUPTED at the next start. Jobs run
/// in this process; a job that does not heed its stop cannot be killed, and is then told to be RUNNING still. Thread-safe. Its
/// <see cref="IsRunning"/> and <see cref="StopAsync"/> are what a worker manager asks of a queue.
/// </summary>
public sealed partial class AsyncQueueSystem : IAsyncDisposable, IDisposable
{
    private readonly Lock _gate = new();
    private readonly string _registryPath;
    private readonly TimeSpan _shutdownTimeout;
    private readonly AsyncQueueOptions _options;
    private readonly Dictionary<string, JobBody> _types = [];
    private readonly Dictionary<string, RunningJob> _running = [];
    private JobRegistry? _registry;
    private Task? _stopping;

    /// <summary>Makes a queue that is not running yet.</summary>
    /// <param name="registryPath">The registry's file, JSON Lines; made if absent.</param>
    /// <param name="shutdownTimeout">How long a stop lets running jobs finish. Afterwards they are INTERRUPTED.</param>
    /// <param name="options">Everything else.</param>
    public AsyncQueueSystem(string registryPath, TimeSpan shutdownTimeout, AsyncQueueOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(registryPath);
        ArgumentOutOfRangeException.ThrowIfLessThan(shutdownTimeout, TimeSpan.Zero);
        (_registryPath, _shutdownTimeout, _options) = (registryPath, shutdownTimeout, options ?? new());
    }

    /// <summary>Whether it takes and runs jobs now.</summary>
    public bool IsRunning
    {
        get
        {
            lock (_gate)
            {
                return _registry is not null && _stopping is null;
            }
        }
    }

    /// <summary>The types of jobs that it can run.</summary>
    public IReadOnlyCollection<string> Types => _types.Keys;

    /// <summary>Teaches it a type of job. Before <see cref="Start"/>.</summary>
    public void Register(string type, JobBody body)
    {
        ArgumentException.ThrowIfNullOrEmpty(type);
        ArgumentNullException.ThrowIfNull(body);
        lock (_gate)
        {
            _types.Add(type, _registry is null ? body : throw new InvalidOperationException("the queue runs already; register its types of jobs before its start"));
        }
    }

    /// <summary>Reads the registry and takes jobs from now on. Does nothing when it runs.</summary>
    /// <exception cref="InvalidOperationException">Another queue has this registry.</exception>
    public void Start()
    {
        lock (_gate)
        {
            if (_stopping is { IsCompleted: false })
            {
                throw new InvalidOperationException("the queue is stopping; start it again when it has stopped");
            }

            _stopping = null;
            if (_registry is not null)
            {
                return;
            }

            _registry = new(_registryPath, _options.LogLines, _options.Told);
            foreach (var job in _registry.Jobs.Values.Where(job => job.Status.State == JobState.Running).ToArray())
            {
                _registry.Save(job.Status with { State = JobState.Interrupted, EndedAt = Now, Message = "its process ended in the middle" });
                _options.Told($"job '{job.Status.Id}' ({job.Status.Type}) was cut off when its process ended");
            }

            Expire();
        }
    }

    /// <summary>Adds a job, PENDING until it is started.</summary>
    /// <exception cref="ArgumentException">The type is unknown, or the id is taken.</exception>
    public JobStatus AddJob(string id, string type, IReadOnlyDictionary<string, string>? parameters = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        lock (_gate)
        {
            var registry = Registry;
            if (!_types.ContainsKey(type))
            {
                throw new ArgumentException($"there is no type of job '{type}'; there are {string.Join(", ", _types.Keys)}");
            }

            if (registry.Jobs.TryGetValue(id, out var known))
            {
                throw new ArgumentException($"the job '{id}' exists already ({known.Status.State}); delete it first, or choose another id");
            }

            var status = new JobStatus(id, type, JobState.Pending, parameters ?? new Dictionary<string, string>(), Now);
            registry.Save(status);
            return status;
        }
    }

    /// <summary>A job as it is now.</summary>
    /// <exception cref="JobNotFoundException">There is no such job.</exception>
    public JobStatus GetJobStatus(string id)
    {
        lock (_gate)
        {
            return WithSilence(Find(id).Status);
        }
    }

    /// <summary>All jobs, in the order in which they were added.</summary>
    public IReadOnlyList<JobStatus> ListJobs()
    {
        lock (_gate)
        {
            var registry = Registry;
            return [.. registry.Jobs.Values.Select(job => WithSilence(job.Status)).OrderBy(job => job.AddedAt)];
        }
    }

    /// <summary>The last lines that a job said.</summary>
    /// <exception cref="JobNotFoundException">There is no such job.</exception>
    public IReadOnlyList<JobLogLine> GetJobLogs(string id)
    {
        lock (_gate)
        {
            return [.. Find(id).Lines];
        }
    }

    /// <summary>Forgets a job.</summary>
    /// <exception cref="JobNotFoundException">There is no such job.</exception>
    /// <exception cref="InvalidOperationException">It runs; stop it first.</exception>
    public void DeleteJob(string id)
    {
        lock (_gate)
        {
            if (!Find(id).Status.HasEnded && _running.ContainsKey(id))
            {
                throw new InvalidOperationException($"the job '{id}' runs; stop it first");
            }

            Registry.Remove(id);
        }
    }

    private DateTimeOffset Now => _options.Time.GetUtcNow();

    // Whoever looks finds no job that is over its time; so nothing has to wake up for it.
    private JobRegistry Registry
    {
        get
        {
            var registry = _registry ?? throw new InvalidOperationException("the queue is not running; start it first");
            Expire();
            return registry;
        }
    }

    private JobEntry Find(string id) => Registry.Jobs.TryGetValue(id, out var job) ? job : throw new JobNotFoundException(id);

    private JobStatus WithSilence(JobStatus status) =>
        _running.TryGetValue(status.Id, out var running) ? status with { SilentSeconds = _options.Time.GetElapsedTime(running.HeardAt).TotalSeconds } : status;

    // Either way: what ended in a future that is further away was written under a clock that has been set back since.
    private void Expire()
    {
        var now = Now;
        foreach (var id in _registry!.Jobs.Values.Where(job => job.Status.HasEnded && (now - job.Status.EndedAt)?.Duration() >= _options.TimeToLive && !_running.ContainsKey(job.Status.Id)).Select(job => job.Status.Id).ToArray())
        {
            _registry.Remove(id);
        }
    }
}
