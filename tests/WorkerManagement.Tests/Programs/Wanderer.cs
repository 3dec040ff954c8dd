using WorkerManagement.Capsules;
using WorkerManagement.Posix;

namespace WorkerManagement.Tests.Programs;

/// <summary>A server that changes its directory, and loses it, while its worker is restarted.</summary>
internal static class Wanderer
{
    public static async Task<int> RunAsync()
    {
        var home = Directory.CreateTempSubdirectory("home-").FullName;
        var gone = Directory.CreateTempSubdirectory("gone-").FullName;
        var state = Environment.GetEnvironmentVariable("WORKERS_STATE_DIR")!;
        Directory.SetCurrentDirectory(home);
        await using (var manager = new WorkerManager(new() { StateDirectory = state }))
        {
            await manager.StartWorkerAsync(new WorkerSpec { Name = "a", Command = ["/bin/sleep", "1000"], Backoff = Backoff.None });
            Directory.SetCurrentDirectory(gone);
            Directory.Delete(gone);
            var pid = await ReplacedAsync(manager);
            Console.WriteLine(new DirectoryInfo($"/proc/{pid}/cwd").LinkTarget == home ? "at home" : "elsewhere");
            foreach (var spec in (WorkerSpec[])[new() { Name = "b", Command = ["true"] }, new() { Name = "c", Command = ["true"], Directory = "" }])
            {
                try
                {
                    await manager.StartWorkerAsync(spec);
                }
                catch (WorkerManagementException exception)
                {
                    Console.WriteLine(exception.Message);
                }
            }

            // It is written beside the loop, and nothing of the manager tells when.
            CrashCapsule? capsule;
            while ((capsule = new CapsuleStore(state).Find("a.1")) is null)
            {
                await Task.Delay(20);
            }

            Console.WriteLine(capsule.Directory == home ? "kept" : "not kept");
        }

        Directory.SetCurrentDirectory("/");
        Directory.Delete(home);
        return 0;
    }

    private static async Task<int> ReplacedAsync(WorkerManager manager)
    {
        using (var pinned = PidFd.TryOpen(manager.GetWorkerStatus().Workers[0].Pid!.Value))
        {
            pinned!.Send(Signals.Kill);
        }

        await foreach (var report in manager.WatchAsync())
        {
            if (report.Workers[0] is { Alive: true, Incarnation: > 1, Pid: { } pid })
            {
                return pid;
            }
        }

        return 0;
    }
}
