using System.Globalization;

namespace WorkerManagement.Cli.Drilling;

/// <summary>The blows, each with the promise that it puts to the test and its witnesses.</summary>
internal sealed class Drill(DrilledManager manager)
{
    // Generous: a drill asks whether a promise is kept, the bench how fast.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    /// <summary>Kills a worker's own process: its other members go too, and a new run is up.</summary>
    public async Task<Promise> KillWorkerAsync(string name, long run, CancellationToken cancellationToken)
    {
        using var status = await manager.StatusAsync(cancellationToken).ConfigureAwait(false);
        var leader = status.RootElement.GetProperty("workers").EnumerateArray().Single(worker => worker.GetProperty("name").GetString() == name).GetProperty("pid").GetInt32();
        using var members = new Witness(manager.MembersOf(run));
        using var victim = new Witness([leader]);
        var began = TimeProvider.System.GetTimestamp();
        victim.Send(Posix.Signals.Kill);
        return await JudgeAsync($"kill worker {name}", members, new Dictionary<string, long> { [name] = run }, began, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Kills guard or keeper: every worker of it goes, and the manager has all of them up again.</summary>
    public async Task<Promise> KillGuardianAsync(bool keeper, CancellationToken cancellationToken)
    {
        var runs = await manager.RunsAsync(cancellationToken).ConfigureAwait(false);
        var own = await manager.OwnAsync(cancellationToken).ConfigureAwait(false);
        using var members = new Witness(manager.Tagged());
        using var victim = new Witness([keeper ? own.Keeper : own.Guard]);
        var began = TimeProvider.System.GetTimestamp();
        victim.Send(Posix.Signals.Kill);
        return await JudgeAsync($"kill the {(keeper ? "keeper" : "guard")}", members, runs, began, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Kills the manager: nothing of it is left.</summary>
    public async Task<Promise> KillManagerAsync(CancellationToken cancellationToken)
    {
        var own = await manager.OwnAsync(cancellationToken).ConfigureAwait(false);
        using var all = new Witness([.. manager.Tagged(), own.Manager, own.Keeper, own.Guard]);
        using var victim = new Witness([own.Manager]);
        var began = TimeProvider.System.GetTimestamp();
        victim.Send(Posix.Signals.Kill);
        var left = await all.AllEndedAsync(Bound).ConfigureAwait(false);
        return Gone("kill the manager", all.Count, left, began);
    }

    /// <summary>Kills manager, keeper and guard at once, and starts anew: the orphans go before anything is started.</summary>
    /// <param name="startAgain">Starts the next manager, and waits until it answers.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<Promise> KillAllThreeAsync(Func<Task> startAgain, CancellationToken cancellationToken)
    {
        const string name = "kill manager, keeper and guard at once, and start again";
        var own = await manager.OwnAsync(cancellationToken).ConfigureAwait(false);
        using var orphans = new Witness(manager.Tagged());
        await DrilledManager.KillTogetherAsync(own.Manager, own.Keeper, own.Guard).ConfigureAwait(false);
        var began = TimeProvider.System.GetTimestamp();
        await startAgain().ConfigureAwait(false);
        return Gone(name, orphans.Count, await orphans.AllEndedAsync(Bound).ConfigureAwait(false), began);
    }

    private async Task<Promise> JudgeAsync(string name, Witness members, Dictionary<string, long> runs, long began, CancellationToken cancellationToken)
    {
        var left = await members.AllEndedAsync(Bound).ConfigureAwait(false);
        if (left.Length > 0)
        {
            return Gone(name, members.Count, left, began);
        }

        var up = await manager.UntilAsync(status => DrilledManager.AllUpAgain(status, runs), Bound, cancellationToken).ConfigureAwait(false);
        var found = string.Create(CultureInfo.InvariantCulture, $"all {members.Count} processes ended, {(up ? $"{runs.Count} back as the policy says" : "not all back")}");
        return new(name, up, found, TimeProvider.System.GetElapsedTime(began));
    }

    private static Promise Gone(string name, int count, int[] left, long began) =>
        new(name, left.Length == 0, left.Length == 0 ? string.Create(CultureInfo.InvariantCulture, $"all {count} processes ended") : Witness.Alive(left), TimeProvider.System.GetElapsedTime(began));
}
