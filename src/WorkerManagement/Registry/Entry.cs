using System.Diagnostics;
using WorkerManagement.Guarding;
using WorkerManagement.Health;
using WorkerManagement.Lifecycles;
using WorkerManagement.Logs;
using WorkerManagement.Posix;

namespace WorkerManagement.Registry;

/// <summary>One line of the registry. Only the manager's loop touches it.</summary>
internal abstract class Entry(string type, string name, DateTimeOffset registeredAt)
{
    private WorkerStatus? _status;

    public string Type { get; } = type;

    public string Name { get; } = name;

    public DateTimeOffset RegisteredAt { get; } = registeredAt;

    /// <summary>The stop that is going on, shared by everyone who asks for one.</summary>
    public Stopping.StopInProgress? Stop { get; set; }

    /// <summary>How many processes it had when the guard last counted.</summary>
    public int Members { get; set; }

    /// <summary>What the journal has of it; null while nothing.</summary>
    public WorkerStatus? Noted { get; set; }

    /// <summary>The status as last made; made again after <see cref="Changed"/>.</summary>
    public WorkerStatus Status => _status ??= MakeStatus();

    public void Changed() => _status = null;

    protected abstract WorkerStatus MakeStatus();
}

/// <summary>A worker that the manager starts through the guard.</summary>
internal sealed class ManagedEntry(WorkerSpec spec, DateTimeOffset registeredAt, LogFile log) : Entry(spec.Type, spec.Name, registeredAt)
{
    /// <summary>What it should be. One that needs another process gets another entry.</summary>
    public WorkerSpec Spec { get; set; } = spec;

    public Lifecycle Life { get; set; } = new() { Since = registeredAt, Seed = (ulong)Random.Shared.NextInt64() };

    public ProcessIdentity? Leader { get; set; }

    /// <summary>When the guard was asked to start the present run: a timestamp of the clock.</summary>
    public long SpawnAsked { get; set; }

    public WorkerExit? Exit { get; set; }

    public string Containment { get; set; } = "none";

    public string? StatusText { get; set; }

    public LogFile Log { get; } = log;

    /// <summary>Completes when nothing more comes from the last run's output.</summary>
    public Task OutputEnded { get; set; } = Task.CompletedTask;

    /// <summary>Its last states.</summary>
    public Queue<Capsules.CapsuleMoment> Timeline { get; } = [];

    public ITimer? Timer { get; set; }

    public ITimer? Watchdog { get; set; }

    public NotifySocket? Notify { get; set; }

    public CancellationTokenSource? Probe { get; set; }

    /// <summary>Program and arguments with the program found in PATH.</summary>
    public string[] Arguments { get; init; } = [];

    /// <summary>The same of its command probe; empty without one.</summary>
    public string[] ProbeArguments { get; init; } = [];

    /// <summary>The directory (absolute) of both: where the manager is may change, and be removed, while it runs.</summary>
    public required string Directory { get; init; }

    /// <summary>Those who wait until it runs.</summary>
    public List<TaskCompletionSource<WorkerStatus>> Waiting { get; } = [];

    protected override WorkerStatus MakeStatus() => new()
    {
        Type = Type,
        Name = Name,
        Pid = Leader?.Pid,
        Alive = Life.LeaderUp,
        RegisteredAt = RegisteredAt,
        State = Life.State,
        Since = Life.Since,
        Why = Life.Why,
        Desired = Life.Desired,
        Ready = Life.Ready,
        Health = Life.State is WorkerState.GaveUp || Life.Why.StartsWith("not settled", StringComparison.Ordinal) ? "unhealthy" : Life.Ready ? "healthy" : "unknown",
        StatusText = StatusText,
        Incarnation = Life.Incarnation,
        StartedAt = Life.StartedAt,
        Exit = Exit,
        Restarts = Life.Restarts,
        Containment = Containment,
        Members = Life.Run == 0 ? 0 : Members,
        Managed = true,
        DependsOn = Spec.DependsOn,
        LogBytesDropped = Log.Dropped,
        Metadata = Spec.Metadata,
    };
}

/// <summary>A process that somebody else started; the guard watches it.</summary>
internal sealed class ProcessEntry(string type, string name, DateTimeOffset registeredAt, ProcessIdentity identity, PidFd pin, WorkerRegistration registration, long watch)
    : Entry(type, name, registeredAt), IDisposable
{
    public ProcessIdentity Identity { get; } = identity;

    public PidFd Pin { get; } = pin;

    public Process? Process { get; } = registration.Process;

    /// <summary>What the guard calls it.</summary>
    public long Watch { get; } = watch;

    public WorkerExit? Exit { get; set; }

    public bool Ended { get; set; }

    /// <summary>Finding out how it ended.</summary>
    public Task Ending { get; set; } = Task.CompletedTask;

    /// <summary>Lets go of the pin. The Process object stays its owner's.</summary>
    public void Dispose() => Pin.Dispose();

    protected override WorkerStatus MakeStatus() => new()
    {
        Type = Type,
        Name = Name,
        Pid = Identity.Pid,
        Alive = !Ended,
        RegisteredAt = RegisteredAt,
        Since = Exit?.At ?? RegisteredAt,
        State = Ended ? WorkerState.Stopped : Stop is null ? WorkerState.Running : WorkerState.Stopping,
        Why = Ended ? "ended" : Stop is null ? "registered" : "asked to stop",
        Desired = Stop is null ? DesiredState.Up : DesiredState.Down,
        Ready = !Ended && Stop is null,
        Health = Ended ? "unhealthy" : "healthy",
        Incarnation = Watch,
        Exit = Exit,
        Containment = "descendants",
        Members = Ended ? 0 : Members,
        Metadata = registration.Metadata,
    };
}

/// <summary>A queue or worker inside this process.</summary>
internal sealed class InProcessEntry(string type, string name, DateTimeOffset registeredAt, WorkerRegistration registration)
    : Entry(type, name, registeredAt)
{
    /// <summary>What it says of itself now. It is the user's code: one that throws is not known to run.</summary>
    public bool IsRunning
    {
        get
        {
            try
            {
                return registration.Queue?.IsRunning ?? registration.Worker!.IsRunning;
            }
            catch (Exception)
            {
                return false;
            }
        }
    }

    public bool Is(WorkerRegistration other) =>
        (registration.Queue is not null && ReferenceEquals(registration.Queue, other.Queue)) || (registration.Worker is not null && ReferenceEquals(registration.Worker, other.Worker));

    public Task StopAsync(CancellationToken force) => registration.Queue?.StopAsync(force) ?? registration.Worker!.StopAsync(force);

    /// <summary>The status as it is now: nothing tells when it ends by itself.</summary>
    public WorkerStatus Now => MakeStatus();

    protected override WorkerStatus MakeStatus()
    {
        var running = IsRunning;
        return new()
        {
            Type = Type,
            Name = Name,
            Alive = running,
            RegisteredAt = RegisteredAt,
            Since = RegisteredAt,
            State = Stop is not null ? WorkerState.Stopping : running ? WorkerState.Running : WorkerState.Stopped,
            Why = Stop is not null ? "asked to stop" : running ? "registered" : "says that it does not run",
            Desired = Stop is null ? DesiredState.Up : DesiredState.Down,
            Ready = running && Stop is null,
            Health = running ? "healthy" : "unhealthy",
            Metadata = registration.Metadata,
        };
    }
}
