using System.Diagnostics;

namespace WorkerManagement;

/// <summary>A worker that somebody else started, handed to the manager. Immutable; change a copy with <c>with</c>.</summary>
public sealed record WorkerRegistration
{
    /// <summary>An empty registration: refused by <see cref="WorkerManager.RegisterWorker"/> unless one of the kinds below is set.</summary>
    public WorkerRegistration()
    {
    }

    /// <summary>A readable name; made from type and pid unless given.</summary>
    public string? Name { get; init; }

    /// <summary>Free data, shown in status, such as <c>db_path</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The process, when there is one.</summary>
    public int? Pid { get; init; }

    /// <summary>The process object, when the caller has one.</summary>
    public Process? Process { get; init; }

    /// <summary>The queue, when there is one.</summary>
    public IWorkerQueue? Queue { get; init; }

    /// <summary>The in-process worker, when there is one.</summary>
    public IWorker? Worker { get; init; }

    /// <summary>Registers a process that this program started.</summary>
    public static WorkerRegistration ForProcess(Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return new() { Process = process, Pid = process.Id };
    }

    /// <summary>Registers any live process of this user by its pid; its identity is read and pinned at registration.</summary>
    public static WorkerRegistration ForPid(int pid) => new() { Pid = pid };

    /// <summary>Registers a queue inside this process.</summary>
    public static WorkerRegistration ForQueue(IWorkerQueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        return new() { Queue = queue };
    }

    /// <summary>Registers a worker inside this process.</summary>
    public static WorkerRegistration ForWorker(IWorker worker)
    {
        ArgumentNullException.ThrowIfNull(worker);
        return new() { Worker = worker };
    }
}
