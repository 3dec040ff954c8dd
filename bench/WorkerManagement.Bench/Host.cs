using System.Diagnostics;
using System.Globalization;
using WorkerManagement.Posix;

namespace WorkerManagement.Bench;

/// <summary>The product's side: a manager in a process that does nothing else, told by lines what to do (as the limit is).</summary>
internal sealed class Host(WorkerManager manager)
{
    private static readonly WorkerSpec Template = new()
    {
        Name = "w",
        Type = "bench",
        Command = [],
        Backoff = Backoff.None,
        Intensity = new(int.MaxValue, TimeSpan.FromMinutes(1)),
    };

    private int _started;

    internal static async Task RunAsync(string stateDirectory, string containment)
    {
        await using var manager = new WorkerManager(new()
        {
            StateDirectory = stateDirectory,
            Containment = containment == "tag" ? Containment.Tag : Containment.Cgroup,
        });
        var host = new Host(manager);
        using var input = new StreamReader(Console.OpenStandardInput());
        await using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };

        // A blocking read on this thread: an idle host waits in the kernel and nowhere else.
        while (input.ReadLine() is { } line)
        {
            var numbers = await host.DoAsync(line.Split(' ')).ConfigureAwait(false);
            output.WriteLine($"done{string.Concat(numbers.Select(number => " " + number.ToString(CultureInfo.InvariantCulture)))}");
        }
    }

    internal static void DoNothing()
    {
        using var input = Console.OpenStandardInput();
        _ = input.ReadByte();
    }

    private async Task<IReadOnlyList<long>> DoAsync(string[] words)
    {
        switch (words)
        {
            case ["start", var count, .. var command]:
                return [await StartAsync(int.Parse(count, CultureInfo.InvariantCulture), command).ConfigureAwait(false)];
            case ["stop", var grace]:
                return [await StopAsync(Milliseconds(grace)).ConfigureAwait(false)];
            case ["stop-watched", var grace]:
                return await StopWatchedAsync(Milliseconds(grace)).ConfigureAwait(false);
            case ["crash", var times]:
                return await CrashAsync(int.Parse(times, CultureInfo.InvariantCulture)).ConfigureAwait(false);
            case ["lines", var count, .. var command]:
                return await LogBurst.RunAsync(manager, long.Parse(count, CultureInfo.InvariantCulture), command).ConfigureAwait(false);
            case ["pids"]:
                return [.. manager.GetWorkerStatus().Workers.Where(worker => worker.Alive).Select(worker => (long)worker.Pid!.Value)];
            case ["about"]:
                var about = manager.GetWorkerStatus().Manager;
                return [about.GuardPid ?? 0, about.KeeperPid ?? 0, about.Containment == "cgroup" ? 1 : 0, about.GuardKind == "native" ? 1 : 0];
            default:
                throw new InvalidOperationException($"unknown command '{string.Join(' ', words)}'");
        }
    }

    private async Task<long> StartAsync(int count, string[] command)
    {
        if (manager.GetWorkerStatus().Workers.All(worker => !worker.Alive))
        {
            _started = 0;
        }

        var specs = new WorkerSpec[count];
        for (var i = 0; i < count; i++)
        {
            specs[i] = Template with { Name = $"w{_started++}", Command = command };
        }

        var began = Stopwatch.GetTimestamp();
        await manager.StartWorkersAsync(specs).ConfigureAwait(false);
        return Nanoseconds(began);
    }

    private async Task<long> StopAsync(TimeSpan grace)
    {
        var began = Stopwatch.GetTimestamp();
        var report = await manager.StopAllWorkersAsync(grace).ConfigureAwait(false);
        var took = Nanoseconds(began);
        return report.Success ? took : throw new InvalidOperationException(report.Message);
    }

    // Asks for the status while the stop goes on: how long each call took, negative for one that met a new snapshot and so made the report.
    private async Task<IReadOnlyList<long>> StopWatchedAsync(TimeSpan grace)
    {
        var calls = new List<long>(4096);
        var asking = new Thread(() =>
        {
            var report = manager.GetWorkerStatus();
            do
            {
                var version = report.Version;
                var began = Stopwatch.GetTimestamp();
                report = manager.GetWorkerStatus();
                calls.Add(Nanoseconds(began) * (report.Version != version ? -1 : 1));
                Thread.Sleep(1);
            }
            while (report.Manager.ShuttingDown || report.Workers.Any(worker => worker.State is WorkerState.Running));
        });
        asking.Start();
        await StopAsync(grace).ConfigureAwait(false);
        asking.Join();
        return calls;
    }

    private async Task<IReadOnlyList<long>> CrashAsync(int times)
    {
        var names = manager.GetWorkerStatus().Workers.Select(worker => worker.Name).ToArray();
        var taken = new List<long>(times);
        await using var changes = manager.WatchAsync().GetAsyncEnumerator();
        await changes.MoveNextAsync().ConfigureAwait(false);
        for (var i = 0; i < times; i++)
        {
            var index = i % names.Length;
            var victim = changes.Current.Workers[index];
            using var pinned = PidFd.TryOpen(victim.Pid!.Value) ?? throw new InvalidOperationException($"worker '{victim.Name}' is gone already");
            var began = Stopwatch.GetTimestamp();
            _ = pinned.Send(Signals.Kill);
            do
            {
                await changes.MoveNextAsync().ConfigureAwait(false);
            }
            while (changes.Current.Workers[index] is var now && !(now.Alive && now.Incarnation > victim.Incarnation));

            taken.Add(Nanoseconds(began));
        }

        return taken;
    }

    private static TimeSpan Milliseconds(string text) => TimeSpan.FromMilliseconds(int.Parse(text, CultureInfo.InvariantCulture));

    private static long Nanoseconds(long began) => (long)Stopwatch.GetElapsedTime(began).TotalNanoseconds;
}
