using System.Diagnostics;
using ScriptedServer;
using WorkerManagement.Guarding;

namespace Torture.Tests;

/// <summary>One server's directories, its witness, and processes that only look like its workers.</summary>
internal sealed class Scene : IDisposable
{
    private readonly List<Process> _bystanders = [];

    internal Scene(Setting setting)
    {
        Setting = setting;
        Root = Directory.CreateTempSubdirectory("torture-").FullName;
        File.SetUnixFileMode(Root, (UnixFileMode)0x1FF);
        Witness = new(Path.Combine(Root, "witness"));
        AddBystander("ignores-signals");
        AddBystander("plain");
    }

    internal Setting Setting { get; }

    internal string Root { get; }

    /// <summary>The test got to its end: nobody uses the files any more.</summary>
    internal bool IsOver { get; set; }

    internal string State => Path.Combine(Root, "state");

    internal DeathWitness Witness { get; }

    /// <summary>
    /// Waits until each of these workers is there again, in one new run, and nobody of an earlier one. The scan must agree: only
    /// these runs.
    /// </summary>
    internal async Task NextGenerationAsync(Func<NastyWorker, bool> which, CancellationToken cancel)
    {
        var before = Witness.Members.ToArray();
        var expected = NastyWorkers.All.Where(which).ToArray();
        var now = await Witness.AnnouncedAsync(expected.Sum(worker => worker.Announces), cancel);
        before.Where(member => !member.HasEnded).ShouldBeEmpty("the first generation is gone");
        var runs = now.GroupBy(member => member.Name).ToDictionary(worker => worker.Key, worker => worker.Select(member => member.Run).Distinct().ToArray());
        runs.Where(worker => worker.Value.Length != 1).ShouldBeEmpty("one generation");
        runs.Keys.Order().ShouldBe(expected.Select(worker => worker.Verb).Append("inner").Order());
        var known = runs.Where(worker => worker.Key != "inner").Select(worker => worker.Value[0]).ToHashSet();
        GuardSweep.Find(State).Where(process => !known.Contains(process.Incarnation)).ShouldBeEmpty();
    }

    /// <summary>Nobody has the witness, nobody has a tag, and no guardian is left.</summary>
    internal async Task AllGoneAsync(CancellationToken cancel)
    {
        foreach (var state in (string[])[State, Path.Combine(Root, "nested")])
        {
            await Waits.LockOf(Path.Combine(state, "keeper.lock"), cancel);
            await Waits.LockOf(Path.Combine(state, "guard.lock"), cancel);
        }

        await Witness.AllGoneAsync(cancel);
        GuardSweep.Find(State).ShouldBeEmpty();
        GuardSweep.Find(Path.Combine(Root, "nested")).ShouldBeEmpty();
    }

    internal void BystandersLive() => _bystanders.ShouldAllBe(process => !process.HasExited);

    public void Dispose()
    {
        foreach (var bystander in _bystanders)
        {
            bystander.Kill();
            bystander.WaitForExit();
            bystander.Dispose();
        }

        Witness.Dispose();
        if (IsOver)
        {
            Directory.Delete(Root, recursive: true);
        }
        else
        {
            // What went wrong is told by the test; here is what the guards said. Their files stay, for they may still be at work.
            foreach (var log in Directory.GetFiles(Root, "guard.log", SearchOption.AllDirectories))
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"{log}:\n{File.ReadAllText(log)}");
            }
        }
    }

    // The same program, user and environment as a worker's, WORKER_* included; only its witness is not ours.
    private void AddBystander(string verb)
    {
        var start = Setting.Command(Path.Combine(AppContext.BaseDirectory, "worker", "ScriptedWorker"), verb);
        start.RedirectStandardOutput = true;
        start.Environment["WORKERS_STATE_DIR"] = State;
        start.Environment["WORKERS_CONTAINMENT"] = Setting.Containment;
        start.Environment["WORKER_NAME"] = start.Environment["WORKER_TYPE"] = verb;
        start.Environment["WORKER_INCARNATION"] = "1";
        var process = Process.Start(start)!;
        _bystanders.Add(process);
        process.StandardOutput.ReadLine().ShouldBe("up");
    }
}
