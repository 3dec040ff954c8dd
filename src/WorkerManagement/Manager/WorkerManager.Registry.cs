using System.Diagnostics;
using System.Globalization;
using WorkerManagement.Guarding;
using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;
using WorkerManagement.Registry;

namespace WorkerManagement;

/// <content>Registered workers: started by somebody else.</content>
public sealed partial class WorkerManager
{
    /// <summary>How long the runtime may take to reap a child of which the guard saw the end.</summary>
    private static readonly TimeSpan ReapBound = TimeSpan.FromSeconds(1);

    /// <summary>Hands over a worker that somebody else started. A process is pinned now, and stopped too when this process dies.</summary>
    /// <exception cref="WorkerManagementException">Nothing to manage, a dead process, one that is registered already, or a stop of everything is going on.</exception>
    public void RegisterWorker(string workerType, WorkerRegistration registration)
    {
        ArgumentException.ThrowIfNullOrEmpty(workerType);
        ArgumentNullException.ThrowIfNull(registration);
        if (registration.Queue is null && registration.Worker is null && registration.Pid is null)
        {
            throw new WorkerManagementException($"the registration of type '{workerType}' names nothing to manage; use WorkerRegistration.ForProcess, ForPid, ForQueue or ForWorker");
        }

        if (registration.Pid is not null)
        {
            TakeState();
        }

        _ = Ask(() =>
        {
            RefuseDuringShutdown($"register a worker of type '{workerType}'");
            Entry entry = registration.Pid is { } pid ? PinProcess(workerType, pid, registration) : RegisterInProcess(workerType, registration);
            if (!_registry.TryAdd(entry.Name, entry))
            {
                throw new WorkerManagementException($"a worker named '{entry.Name}' is registered already; give this one another Name");
            }

            Changed(entry);
            if (entry is ProcessEntry process)
            {
                _runs[process.Watch] = process;
                process.Members = 1;
                EnsureGuard();
                Watch(process);
            }

            return true;
        });
    }

    /// <summary>Takes registered workers out of the registry without stopping them; returns how many left.</summary>
    public int UnregisterWorker(string workerType, int? pid = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(workerType);
        return Ask(() =>
        {
            var leaving = _registry.Values
                .Where(entry => entry is not ManagedEntry && entry.Type == workerType && (pid is null || (entry as ProcessEntry)?.Identity.Pid == pid))
                .ToArray();
            foreach (var entry in leaving)
            {
                _registry.Remove(entry.Name);
                NoteRemoved(entry);
                if (entry is ProcessEntry process)
                {
                    _runs.Remove(process.Watch);
                    _guard?.Unwatch(process.Watch);
                    process.Dispose();
                }
            }

            Changed();
            return leaving.Length;
        });
    }

    private ProcessEntry PinProcess(string workerType, int pid, WorkerRegistration registration)
    {
        var name = registration.Name ?? string.Create(CultureInfo.InvariantCulture, $"{workerType}_{pid}");
        if (pid == Environment.ProcessId)
        {
            throw new WorkerManagementException($"worker '{name}': process {pid} is this process itself; register a worker inside it with WorkerRegistration.ForWorker");
        }

        var identity = ProcStat.TryRead(pid) is { IsDead: false } stat ? new ProcessIdentity(pid, stat.StartTime, BootId.Value) : (ProcessIdentity?)null;
        if (identity is null || PidFd.TryOpen(identity.Value) is not { } pin)
        {
            throw new WorkerManagementException($"worker '{name}': process {pid} does not exist or has ended; register a worker while it runs");
        }

        if (_registry.Values.OfType<ProcessEntry>().FirstOrDefault(entry => entry.Identity == identity) is { } same)
        {
            pin.Dispose();
            throw new WorkerManagementException($"worker '{name}': process {pid} is registered already as '{same.Name}' of type '{same.Type}'; unregister that one first");
        }

        return new(workerType, name, Now, identity.Value, pin, registration, NextIncarnation());
    }

    private InProcessEntry RegisterInProcess(string workerType, WorkerRegistration registration)
    {
        if (_registry.Values.OfType<InProcessEntry>().FirstOrDefault(entry => entry.Is(registration)) is { } same)
        {
            throw new WorkerManagementException($"this queue or worker is registered already as '{same.Name}' of type '{same.Type}'; unregister that one first");
        }

        var name = registration.Name;
        for (var i = 1; name is null; i++)
        {
            var candidate = string.Create(CultureInfo.InvariantCulture, $"{workerType}_{i}");
            name = _registry.ContainsKey(candidate) ? null : candidate;
        }

        return new(workerType, name, Now, registration);
    }

    private void Watch(ProcessEntry entry)
    {
        _guard?.Watch(entry.Watch, entry.Identity, entry.Name, LadderStep.Default);
        if (entry.Stop is { } stop)
        {
            _guard?.Stop(entry.Watch, stop.Ladder);
        }
    }

    // The guard is not its parent and cannot know how it ended. The runtime knows that of a Process, and has it reaped in a moment. Asking
    // it may run its owner's Exited handlers on the asking thread, and these may wait for this very worker: so nothing waits long for the
    // answer, and one that comes late is shown late. Of a bare pid nobody can say, except for a child that whoever started it has not
    // reaped yet: it is looked at, and left to them.
    private async Task NoteEndAsync(ProcessEntry entry, GuardEvent.Exited told)
    {
        var asking = entry.Process is { } process ? Task.Run(() => EndOf(process)) : Task.FromResult(Children.PeekStatus(entry.Identity.Pid));
        try
        {
            ExitStatus? status = await asking.WaitAsync(ReapBound, _time).ConfigureAwait(false);
            Post(() => NoteEnd(entry, told, status ?? told.Status));
        }
        catch (TimeoutException)
        {
            Post(() => NoteEnd(entry, told, told.Status));

            // Not awaited at the manager's end either: the handler that it runs may be the one that ends the manager.
            _ = asking.ContinueWith(late => Post(() => NoteEnd(entry, told, late.Result ?? told.Status)), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        }
    }

    private void NoteEnd(ProcessEntry entry, GuardEvent.Exited told, ExitStatus status)
    {
        entry.Ended = true;
        entry.Exit = ToExit(status, told, entry.Exit?.At ?? Now);
        Changed(entry);
    }

    private static ExitStatus? EndOf(Process process)
    {
        try
        {
            // .NET tells a signal as 128 + its number.
            return !process.WaitForExit(ReapBound) ? null
                : process.ExitCode > 128 ? new ExitStatus.Signaled(process.ExitCode - 128, false)
                : new ExitStatus.Exited(process.ExitCode);
        }
        catch (Exception)
        {
            // Its owner disposed it, it is not a child of this process, or a handler of its owner's threw.
            return null;
        }
    }
}
