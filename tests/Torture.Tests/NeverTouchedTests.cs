using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using WorkerManagement;
using WorkerManagement.Guarding;
using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;

namespace Torture.Tests;

/// <summary>Who is not ours is never signalled: a number that was given to another, and the processes of another manager.</summary>
public sealed class NeverTouchedTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("torture-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_process_of_another_identity_under_the_same_number()
    {
        using var stranger = Sleep();
        var identity = ProcStat.TryIdentify(stranger.Id)!.Value;
        await using (var guard = await StartAsync("a"))
        {
            guard.Client.Watch(1, identity with { StartTime = identity.StartTime - 1 }, "gone", [new(15, TimeSpan.Zero)]);
            (await guard.NextAsync<GuardEvent.Exited>()).Status.ShouldBeOfType<ExitStatus.Lost>();
            await guard.NextAsync<GuardEvent.Settled>();
            guard.Client.Stop(1, []);
            await guard.NextAsync<GuardEvent.Settled>();
        }

        await LivesAsync(stranger);
    }

    [Fact]
    public async Task A_process_that_got_the_number_of_one_that_was_watched()
    {
        await using var guard = await StartAsync("a");
        var watched = Sleep();
        var identity = ProcStat.TryIdentify(watched.Id)!.Value;
        guard.Client.Watch(1, identity, "watched", [new(15, TimeSpan.Zero)]);
        await guard.NextAsync<GuardEvent.Watching>();
        watched.Kill();
        await watched.WaitForExitAsync(Cancel);
        watched.Dispose();
        await guard.NextAsync<GuardEvent.Exited>();
        await guard.NextAsync<GuardEvent.Settled>();

        // A start time counts ticks of 10 ms: who gets the number within the same tick has the same identity, to everybody.
        var stranger = Recycle(identity.Pid);
        while (ProcStat.TryIdentify(stranger.Id) == identity)
        {
            stranger.Kill();
            await stranger.WaitForExitAsync(Cancel);
            stranger.Dispose();
            stranger = Recycle(identity.Pid);
        }

        guard.Client.Watch(2, identity, "watched", [new(15, TimeSpan.Zero)]);
        (await guard.NextAsync<GuardEvent.Exited>()).Status.ShouldBeOfType<ExitStatus.Lost>();
        await guard.NextAsync<GuardEvent.Settled>();
        guard.Client.Stop(1, []);
        await guard.NextAsync<GuardEvent.Settled>();
        await guard.DisposeAsync();
        await LivesAsync(stranger);
        stranger.Dispose();
    }

    [Fact]
    public async Task The_processes_of_another_manager_while_both_sweep()
    {
        await using var neighbour = await StartAsync("neighbour");
        using var neighbours = await neighbour.SleepAsync();
        var (left, right) = (await StartAsync("left"), await StartAsync("right"));
        using var ofLeft = await left.SleepAsync();
        using var ofRight = await right.SleepAsync();
        await left.KillGuardiansAsync();
        await right.KillGuardiansAsync();
        ofLeft.HasEnded.ShouldBeFalse();
        ofRight.HasEnded.ShouldBeFalse();

        var both = await Task.WhenAll(StartAsync("left"), StartAsync("right"));
        both[0].Client.Info.Leftovers.ShouldHaveSingleItem();
        both[1].Client.Info.Leftovers.ShouldHaveSingleItem();
        ofLeft.HasEnded.ShouldBeTrue();
        ofRight.HasEnded.ShouldBeTrue();
        neighbours.HasEnded.ShouldBeFalse();
        await both[0].DisposeAsync();
        await both[1].DisposeAsync();
        neighbours.HasEnded.ShouldBeFalse();
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static Process Sleep() => Process.Start("/bin/sleep", "1000");

    private static async Task LivesAsync(Process process)
    {
        process.HasExited.ShouldBeFalse();
        process.Kill();
        await process.WaitForExitAsync(Cancel);
    }

    // The kernel gives numbers out in turn, and root may say which was the last.
    private static Process Recycle(int pid)
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            try
            {
                File.WriteAllText("/proc/sys/kernel/ns_last_pid", (pid - 1).ToString(CultureInfo.InvariantCulture));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Assert.Skip($"only root with a writable /proc/sys can have a number given out again: {exception.Message}");
            }

            var process = Sleep();
            if (process.Id == pid)
            {
                return process;
            }

            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        Assert.Skip($"process {pid} could not be made again: others were faster each time");
        return null!;
    }

    private Task<Pair> StartAsync(string name) => Pair.StartAsync(Path.Combine(_root, name));

    /// <summary>One pair of guardians and what the guard says.</summary>
    private sealed class Pair : IAsyncDisposable
    {
        private readonly Channel<GuardEvent> _events = Channel.CreateUnbounded<GuardEvent>();
        private long _runs;

        internal GuardClient Client { get; private set; } = null!;

        internal static async Task<Pair> StartAsync(string state)
        {
            Directory.CreateDirectory(state);
            var pair = new Pair();
            pair.Client = await GuardClient.StartAsync(new() { StateDirectory = state, Containment = Containment.Tag }, pair._events.Writer, Cancel);
            return pair;
        }

        internal async Task<PidFd> SleepAsync()
        {
            Client.Spawn(new(++_runs, "sleeper", ["/bin/sleep", "1000"], [], "/", LadderStep.Default));
            return PidFd.TryOpen((await NextAsync<GuardEvent.Spawned>()).Identity).ShouldNotBeNull();
        }

        internal async Task<T> NextAsync<T>() where T : GuardEvent
        {
            using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            bound.CancelAfter(TimeSpan.FromSeconds(30));
            return (await _events.Reader.ReadAsync(bound.Token)).ShouldBeOfType<T>();
        }

        internal async Task KillGuardiansAsync()
        {
            using var keeper = PidFd.TryOpen(Client.Info.KeeperPid).ShouldNotBeNull();
            using var guard = PidFd.TryOpen(Client.Info.GuardPid).ShouldNotBeNull();
            foreach (var signal in (int[])[19, 9])
            {
                keeper.Send(signal).ShouldBeTrue();
                guard.Send(signal).ShouldBeTrue();
            }

            await NextAsync<GuardEvent.Lost>();
        }

        public ValueTask DisposeAsync() => Client.DisposeAsync();
    }
}
