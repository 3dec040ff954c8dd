using System.Diagnostics;
using System.Runtime.InteropServices;

namespace WorkerManagement.Tests.Programs;

/// <summary>Servers that stop everything from a place where a careless manager would deadlock. Each prints the report and ends with 0.</summary>
internal static class Stoppers
{
    public static async Task<int> RunAsync(string from, string[] arguments)
    {
        if (from == "refused")
        {
            return Refused(int.Parse(arguments[0], null));
        }

        if (from == "exit-before")
        {
            // Runs before the manager's own handler.
            AppDomain.CurrentDomain.ProcessExit += (_, _) => Print(WorkerManager.Instance.StopAllWorkers());
        }

        var manager = WorkerManager.Instance;
        await manager.StartWorkerAsync(new WorkerSpec { Name = "managed", Command = ["/bin/sleep", "1000"] });
        using var victim = Process.Start(new ProcessStartInfo("/bin/cat") { RedirectStandardInput = true })!;
        manager.RegisterWorker("registered", WorkerRegistration.ForProcess(victim) with { Name = "registered" });
        var done = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        switch (from)
        {
            case "signal":
                using (PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => done.SetResult(Print(manager.StopAllWorkers()))))
                {
                    Console.WriteLine("waiting");
                    return await done.Task;
                }

            case "exited":
                victim.Exited += (_, _) => done.SetResult(Print(manager.StopAllWorkers()));
                victim.EnableRaisingEvents = true;
                victim.StandardInput.Close();
                return await done.Task;
            case "watch":
                victim.StandardInput.Close();
                await foreach (var report in manager.WatchAsync())
                {
                    if (report.Workers.Any(worker => worker is { Name: "registered", Alive: false }))
                    {
                        return Print(manager.StopAllWorkers());
                    }
                }

                return 1;
            case "exit-after":
                AppDomain.CurrentDomain.ProcessExit += (_, _) => Print(manager.StopAllWorkers());
                return 0;
            case "exit-before":
                Environment.Exit(0);
                return 1;
            case "queue":
                var queue = new BlockingQueue();
                manager.RegisterWorker("queue", WorkerRegistration.ForQueue(queue));
                return Print(manager.StopAllWorkers());
            default:
                throw new ArgumentException($"nobody stops from '{from}'");
        }
    }

    /// <summary>An ordinary user stops a process of root's.</summary>
    private static int Refused(int pid)
    {
        using var manager = new WorkerManager(new());
        manager.RegisterWorker("foreign", WorkerRegistration.ForPid(pid) with { Name = "foreign" });
        var report = manager.StopWorkerType("foreign", TimeSpan.FromMilliseconds(200));
        Console.WriteLine($"success {report.Success} failed {report.Failed} listed {manager.GetWorkerStatus().Workers.Count} alive {manager.GetWorkerStatus().Workers[0].Alive} because {report.Errors[0]}");
        manager.UnregisterWorker("foreign");
        return 0;
    }

    private static int Print(StopAllReport report)
    {
        Console.WriteLine($"success {report.Success} stopped {report.TotalStopped} failed {report.TotalFailed} {string.Join("; ", report.Errors)}".TrimEnd());
        return report.Success ? 0 : 1;
    }

    // Stops synchronously on whatever thread asks, as a careless queue does.
    private sealed class BlockingQueue : IWorkerQueue
    {
        public bool IsRunning { get; private set; } = true;

        public Task StopAsync(CancellationToken force)
        {
            IsRunning = false;
            return Task.CompletedTask;
        }
    }
}
