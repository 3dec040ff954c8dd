using System.Diagnostics;
using WorkerManagement.Guarding;
using WorkerManagement.Posix;

namespace WorkerManagement.Guard.Tests;

/// <summary>What is left when manager, keeper and guard were killed together, and who ends it.</summary>
public sealed class LeftoverTests
{
    [Fact]
    public async Task What_outlived_guard_keeper_and_manager_is_ended_by_the_next_start()
    {
        var directory = Directory.CreateTempSubdirectory("guard-").FullName;
        var first = await GuardFixture.StartAsync(Containment.Tag, directory);
        var spawned = await first.ShellAsync("trap '' TERM; while :; do sleep 100; done");
        using var worker = PidFd.TryOpen(spawned.Identity).ShouldNotBeNull();
        await KillBothAsync(first);
        worker.HasEnded.ShouldBeFalse("both guardians died at once: this is the leftover to find");
        using var bystander = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "while :; do sleep 100; done"]))!;
        await using var second = await GuardFixture.StartAsync(Containment.Tag, directory);
        worker.HasEnded.ShouldBeTrue();
        second.Client.Info.Leftovers.ShouldContain(leftover => leftover.Pid == spawned.Identity.Pid && leftover.Killed);
        bystander.HasExited.ShouldBeFalse();
        bystander.Kill(entireProcessTree: true);
        await bystander.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task More_leftovers_than_the_next_guard_has_descriptors_are_ended_all_the_same()
    {
        var directory = Directory.CreateTempSubdirectory("guard-").FullName;
        var first = await GuardFixture.StartAsync(Containment.Tag, directory);
        var many = await first.ShellAsync("i=0; while [ $i -lt 120 ]; do sleep 1000 & i=$((i+1)); done; echo up; wait");
        (await Task.Run(() => Poll.IsReadable((int)many.StandardOutput.DangerousGetHandle(), 30_000))).ShouldBeTrue("all are up");
        await KillBothAsync(first);
        await using var second = await GuardFixture.StartAsync(Containment.Tag, directory, GuardFixture.WithOpenFiles(directory, 64));
        second.Client.Info.Leftovers.Count.ShouldBeGreaterThanOrEqualTo(100);
        second.Client.Info.ContainmentNote.ShouldBeNull();
        GuardSweep.Find(directory).ShouldBeEmpty();
    }

    [Fact]
    public async Task When_descriptors_end_workers_are_refused_with_the_remedy_and_every_other_one_is_settled()
    {
        var directory = Directory.CreateTempSubdirectory("guard-").FullName;
        await using var guard = await GuardFixture.StartAsync(Containment.Tag, directory, GuardFixture.WithOpenFiles(directory, 64));
        var running = 0;
        GuardEvent told;
        while ((told = await guard.TryShellAsync("sleep 1000 & exec sleep 1000")) is GuardEvent.Spawned)
        {
            running++;
        }

        told.ShouldBeOfType<GuardEvent.SpawnFailed>().Message.ShouldContain("raise the open-file limit");
        running.ShouldBeGreaterThan(2);
        for (var run = 1; run <= running; run++)
        {
            guard.Client.Stop(run, []);
        }

        await guard.UntilSettledAsync(running);
        await guard.ShellAsync("exec sleep 1000");
    }

    private static async Task KillBothAsync(GuardFixture fixture)
    {
        using (var keeper = PidFd.TryOpen(fixture.Client.Info.KeeperPid).ShouldNotBeNull())
        using (var guard = PidFd.TryOpen(fixture.Client.Info.GuardPid).ShouldNotBeNull())
        {
            // Stopped first, so that neither sees the other die.
            keeper.Send(19);
            guard.Send(19);
            keeper.Send(9);
            guard.Send(9);
        }

        await fixture.UntilLostAsync();
    }
}
