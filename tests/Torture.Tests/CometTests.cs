using WorkerManagement;
using WorkerManagement.Guarding;

namespace Torture.Tests;

/// <summary>
/// A worker that forks and ends for ever, in a new session each time. A cgroup holds it. Without one it may be faster than any
/// scan: then it is said to be not settled and stays listed, and is never called gone while it flies.
/// </summary>
public sealed class CometTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("torture-").FullName;

    private readonly CancellationTokenSource _bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public CometTests() => _bound.CancelAfter(TimeSpan.FromSeconds(120));

    private CancellationToken Cancel => _bound.Token;

    [Fact]
    public async Task With_a_cgroup_a_comet_is_gone()
    {
        using var flight = new Flight(_root);
        await using var manager = await flight.StartAsync(Containment.Cgroup, Cancel);
        Assert.SkipUnless(manager.GetWorkerStatus().Manager.Containment == "cgroup", manager.GetWorkerStatus().Manager.ContainmentNote ?? "no cgroup here");
        var report = await manager.StopWorkerTypeAsync("comet", TimeSpan.FromMilliseconds(200), Cancel);
        report.Success.ShouldBeTrue(report.Message);
        GuardSweep.Find(flight.State).ShouldBeEmpty();
        await flight.GoneAsync(Cancel);
    }

    [Fact]
    public async Task With_the_tag_alone_a_comet_is_never_called_gone_while_it_flies()
    {
        var unsettled = 0;
        for (var attempt = 0; attempt < 10 && unsettled == 0; attempt++)
        {
            using var flight = new Flight(Path.Combine(_root, $"{attempt}"));
            await using var manager = await flight.StartAsync(Containment.Tag, Cancel);
            var report = await manager.StopWorkerTypeAsync("comet", TimeSpan.FromMilliseconds(200), Cancel);
            if (report.Success)
            {
                // The guard was faster this time. Then it is true.
                GuardSweep.Find(flight.State).ShouldBeEmpty();
                await flight.GoneAsync(Cancel);
                continue;
            }

            unsettled++;
            report.Workers.Single().Outcome.ShouldBe("not settled");
            report.Errors.Single().ShouldContain("only a cgroup holds such a worker");
            var listed = manager.GetWorkerStatus().Workers.Single(worker => worker.Name == "comet");
            listed.State.ShouldBe(WorkerState.Stopping);

            // The guard does its work for the others meanwhile.
            await manager.StartWorkerAsync(new WorkerSpec { Name = "calm", Command = [Flight.Program, "plain"] }, Cancel);
            (await manager.StopWorkerAsync("calm", TimeSpan.FromSeconds(5), Cancel)).Outcome.ShouldBe("cooperative");
            flight.End();
            await foreach (var snapshot in manager.WatchAsync(Cancel))
            {
                if (snapshot.Workers.Single(worker => worker.Name == "comet").State == WorkerState.Stopped)
                {
                    break;
                }
            }

            await flight.GoneAsync(Cancel);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(unsettled > 0 ? "it was faster, and said to be not settled" : "the guard was faster each time");
    }

    public void Dispose()
    {
        _bound.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    /// <summary>One comet with its witness; it flies while a file exists.</summary>
    private sealed class Flight : IDisposable
    {
        private readonly string _file;
        private readonly DeathWitness _witness;

        internal Flight(string root)
        {
            Directory.CreateDirectory(root);
            (_file, State) = (Path.Combine(root, "fly"), Path.Combine(root, "state"));
            File.WriteAllText(_file, "");
            _witness = new(Path.Combine(root, "witness"));
        }

        internal static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "worker", "ScriptedWorker");

        internal string State { get; }

        internal async Task<WorkerManager> StartAsync(Containment containment, CancellationToken cancel)
        {
            var manager = new WorkerManager(new() { StateDirectory = State, Containment = containment, ShutdownTimeout = TimeSpan.FromSeconds(1) });
            await manager.StartWorkerAsync(
                new WorkerSpec
                {
                    Name = "comet",
                    Command = [Program, "comets", _file],
                    Restart = RestartPolicy.Temporary,
                    Environment = new Dictionary<string, string> { ["WITNESS"] = _witness.Path },
                },
                cancel);
            await _witness.AnnouncedAsync(1, cancel);
            return manager;
        }

        internal void End() => File.Delete(_file);

        internal async Task GoneAsync(CancellationToken cancel)
        {
            using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            bound.CancelAfter(TimeSpan.FromSeconds(30));
            await _witness.AllGoneAsync(bound.Token);
        }

        public void Dispose()
        {
            End();
            _witness.Dispose();
        }
    }
}
