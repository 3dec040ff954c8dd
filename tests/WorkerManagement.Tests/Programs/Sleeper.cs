using System.Diagnostics;
using System.Globalization;
using WorkerManagement.Posix;

namespace WorkerManagement.Tests.Programs;

/// <summary>A server that is stopped (as by a debugger, Ctrl-Z, a machine that is suspended) for longer than its worker's watchdog, and goes on.</summary>
internal static class Sleeper
{
    public static async Task<int> RunAsync()
    {
        await using var manager = new WorkerManager(new() { StateDirectory = Environment.GetEnvironmentVariable("WORKERS_STATE_DIR")! });
        await manager.StartWorkerAsync(new WorkerSpec { Name = "a", Command = Program.Command("serve", "beat"), Ready = new ReadinessProbe.Notify(), Watchdog = TimeSpan.FromSeconds(1), Backoff = Backoff.None });
        var before = await BeatAsync(manager, 1);
        using (var waker = Process.Start("/bin/sh", ["-c", $"sleep 2.5; kill -CONT {Environment.ProcessId}"]))
        using (var self = PidFd.TryOpen(Environment.ProcessId))
        {
            self!.Send(Signals.Stop);
            await waker.WaitForExitAsync();
        }

        _ = await BeatAsync(manager, before + 20);
        var worker = manager.GetWorkerStatus().Workers[0];
        Console.WriteLine($"incarnation {worker.Incarnation}, {worker.Restarts} restarts");
        return 0;
    }

    // Until it has told so many, or is another.
    private static async Task<int> BeatAsync(WorkerManager manager, int least)
    {
        await foreach (var report in manager.WatchAsync())
        {
            if (report.Workers is [{ StatusText: { } text } worker] && int.Parse(text, CultureInfo.InvariantCulture) is var beat && (beat >= least || worker.Incarnation > 1))
            {
                return beat;
            }
        }

        return 0;
    }
}
