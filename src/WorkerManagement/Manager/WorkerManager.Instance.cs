using System.Runtime.InteropServices;

namespace WorkerManagement;

/// <content>The process-wide default.</content>
public sealed partial class WorkerManager
{
    private static readonly Lock Choosing = new();
    private static WorkerManager? s_instance;

    /// <summary>
    /// The process-wide default: the host's manager under <c>AddWorkerManager</c>, else one that is made at the first use and stops
    /// its workers on SIGTERM, SIGINT, SIGHUP, SIGQUIT (a second one: by force) and when the process exits. Thread-safe.
    /// </summary>
    public static WorkerManager Instance
    {
        get
        {
            lock (Choosing)
            {
                return s_instance ??= MakeDefault();
            }
        }
    }

    /// <summary>The same as <see cref="Instance"/>.</summary>
    public static WorkerManager GetInstance() => Instance;

    /// <summary>Makes a host's manager the default; its host stops it.</summary>
    /// <exception cref="WorkerManagementException">There is a default already.</exception>
    internal static void UseAsInstance(WorkerManager manager)
    {
        lock (Choosing)
        {
            s_instance = s_instance is null || s_instance._disposing is not null || s_instance == manager
                ? manager
                : throw new WorkerManagementException("this process has a default WorkerManager already; call AddWorkerManager before WorkerManager.Instance is used, and once");
        }
    }

    private static WorkerManager MakeDefault()
    {
        var manager = new WorkerManager(new());
        var signals = new SignalsToStop();
        foreach (var signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP, PosixSignal.SIGQUIT])
        {
            Registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                if (signals.IsFirst(out var hurries))
                {
                    // Leaving runs ProcessExit, which stops the workers; the conventional code says which signal it was.
                    var number = context.Signal switch { PosixSignal.SIGHUP => 1, PosixSignal.SIGINT => 2, PosixSignal.SIGQUIT => 3, _ => 15 };
                    new Thread(() => Environment.Exit(128 + number)) { IsBackground = true, Name = "stop" }.Start();
                }
                else if (hurries)
                {
                    manager.Hurry();
                }
            }));
        }

        AppDomain.CurrentDomain.ProcessExit += (_, _) => manager.Dispose();
        return manager;
    }

    // Kept alive for the life of the process: a collected registration would no longer act.
    private static readonly List<PosixSignalRegistration> Registrations = [];
}
