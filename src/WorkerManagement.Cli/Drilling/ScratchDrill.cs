using System.Collections.Concurrent;
using System.Diagnostics;

namespace WorkerManagement.Cli.Drilling;

/// <summary>A drill on a manager of its own, in a directory of its own, of which nothing is left afterwards.</summary>
internal sealed class ScratchDrill : IAsyncDisposable
{
    // A calm one, one with descendants that left its session, one that ignores SIGTERM.
    private const string Configuration = """
        shutdown_timeout: 5s
        workers:
          calm: { command: [sleep, "100000"], replicas: 3, backoff: { initial: 10ms } }
          family: { command: [sh, -c, "setsid sh -c 'sleep 100000 & sleep 100000 & exit' & sleep 0.1; echo up; exec sleep 100000"], ready: { log: "^up" }, backoff: { initial: 10ms }, intensity: { restarts: 100, within: 60s } }
          stubborn: { command: [sh, -c, "trap '' TERM; echo up; while :; do sleep 100000; done"], ready: { log: "^up" }, stop: [{ signal: TERM, wait: 500ms }], backoff: { initial: 10ms }, intensity: { restarts: 100, within: 60s } }
        """;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("workers-drill-").FullName;
    private readonly List<Process> _runs = [];
    private readonly DrilledManager _manager;

    public ScratchDrill() => _manager = new(Path.Combine(_directory, "state"));

    public async Task<List<Promise>> RunAsync(Action<Promise> told, CancellationToken cancellationToken)
    {
        var drill = new Drill(_manager);
        var promises = new List<Promise>();
        await File.WriteAllTextAsync(ConfigurationFile, Configuration, cancellationToken).ConfigureAwait(false);
        await StartAsync(cancellationToken).ConfigureAwait(false);
        foreach (var name in (string[])["calm-1", "family", "stubborn"])
        {
            var runs = await _manager.RunsAsync(cancellationToken).ConfigureAwait(false);
            Tell(await drill.KillWorkerAsync(name, runs[name], cancellationToken).ConfigureAwait(false));
        }

        Tell(await drill.KillGuardianAsync(keeper: false, cancellationToken).ConfigureAwait(false));
        Tell(await drill.KillGuardianAsync(keeper: true, cancellationToken).ConfigureAwait(false));
        Tell(await drill.KillAllThreeAsync(() => StartAsync(cancellationToken), cancellationToken).ConfigureAwait(false));
        Tell(await drill.KillManagerAsync(cancellationToken).ConfigureAwait(false));
        await StartAsync(cancellationToken).ConfigureAwait(false);
        Tell(await StopAsync(cancellationToken).ConfigureAwait(false));
        return promises;

        void Tell(Promise promise)
        {
            promises.Add(promise);
            told(promise);
        }
    }

    /// <summary>Ends what it started, whatever became of the drill, and waits for the end of all of it.</summary>
    public async ValueTask DisposeAsync()
    {
        using var all = new Witness(await LeftAsync().ConfigureAwait(false));
        foreach (var run in _runs)
        {
            if (!run.HasExited)
            {
                run.Kill();
                await run.WaitForExitAsync().ConfigureAwait(false);
            }

            run.Dispose();
        }

        _ = await all.AllEndedAsync(Bound).ConfigureAwait(false);
        Directory.Delete(_directory, recursive: true);
    }

    private async Task<int[]> LeftAsync()
    {
        var tagged = _manager.Tagged();
        try
        {
            var own = await _manager.OwnAsync(CancellationToken.None).ConfigureAwait(false);
            return [.. tagged, own.Keeper, own.Guard];
        }
        catch (NoManagerException)
        {
            // As it should be at the end.
            return tagged;
        }
    }

    private string ConfigurationFile => Path.Combine(_directory, "workers.yaml");

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var run = _manager.Run(ConfigurationFile);
        _runs.Add(run);
        var said = new ConcurrentQueue<string>();
        run.ErrorDataReceived += (_, line) => said.Enqueue(line.Data ?? "");
        run.OutputDataReceived += (_, _) => { };
        run.BeginErrorReadLine();
        run.BeginOutputReadLine();

        // It tells nobody when its socket is there: asking is all that can be done.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Bound);
        while (!await _manager.UntilAsync(status => status.GetProperty("workers").GetArrayLength() == 5 && status.GetProperty("workers").EnumerateArray().All(worker => worker.GetProperty("ready").GetBoolean()), Bound, limit.Token).ConfigureAwait(false))
        {
            if (run.HasExited)
            {
                throw new WorkerManagementException($"the drill's own manager ended with {run.ExitCode}: {string.Join("; ", said)}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token).ConfigureAwait(false);
        }
    }

    private async Task<Promise> StopAsync(CancellationToken cancellationToken)
    {
        var own = await _manager.OwnAsync(cancellationToken).ConfigureAwait(false);
        using var all = new Witness([.. _manager.Tagged(), own.Manager, own.Keeper, own.Guard]);
        using var victim = new Witness([own.Manager]);
        var began = TimeProvider.System.GetTimestamp();
        victim.Send(Posix.Signals.Terminate);
        var left = await all.AllEndedAsync(Bound).ConfigureAwait(false);
        await _runs[^1].WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        var kept = left.Length == 0 && _runs[^1].ExitCode == 0 && _manager.Tagged().Length == 0;
        return new("stop politely (SIGTERM)", kept, left.Length > 0 ? Witness.Alive(left) : $"all {all.Count} processes ended, exit code {_runs[^1].ExitCode}", TimeProvider.System.GetElapsedTime(began));
    }
}
