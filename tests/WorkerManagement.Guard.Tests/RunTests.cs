using WorkerManagement.Guarding;
using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;

namespace WorkerManagement.Guard.Tests;

public sealed class RunTests
{
    public static TheoryData<Containment> Containments => [Containment.Cgroup, Containment.Tag];

    [Theory]
    [MemberData(nameof(Containments))]
    public async Task I_see_how_a_worker_ends(Containment containment)
    {
        await using var guard = await GuardFixture.StartAsync(containment);
        await guard.ShellAsync("exit 7");
        (await guard.NextAsync<GuardEvent.Exited>()).Status.ShouldBe(new ExitStatus.Exited(7));
        (await guard.NextAsync<GuardEvent.Settled>()).MembersKilled.ShouldBe(0);
        await guard.ShellAsync("kill -9 $$");
        (await guard.NextAsync<GuardEvent.Exited>()).Status.ShouldBe(new ExitStatus.Signaled(9, false));
        (await guard.NextAsync<GuardEvent.Settled>()).Forced.ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Containments))]
    public async Task I_can_stop_a_worker_that_ignores_SIGTERM(Containment containment)
    {
        await using var guard = await GuardFixture.StartAsync(containment);
        var spawned = await guard.ShellAsync("trap '' TERM; sleep 1000 & echo up; wait");
        await FirstByteAsync(spawned);
        guard.Client.Stop(spawned.Incarnation, [new(15, TimeSpan.FromMilliseconds(200))]);
        (await guard.NextAsync<GuardEvent.Exited>()).Status.ShouldBe(new ExitStatus.Signaled(9, false));
        var settled = await guard.NextAsync<GuardEvent.Settled>();
        settled.Forced.ShouldBeTrue();
        settled.Reason.ShouldBe(ForceReason.Ignored);
        settled.MembersKilled.ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(Containments))]
    public async Task A_double_forked_daemon_with_an_empty_environment_goes_with_its_crashed_worker(Containment containment)
    {
        await using var guard = await GuardFixture.StartAsync(containment);
        // The substitution ends once all but the daemon have.
        var spawned = await guard.ShellAsync("daemon=$(setsid env -i /bin/sh -c '/bin/sleep 1000 >/dev/null & echo $!'); echo $daemon; exec sleep 1000");
        using var witness = PidFd.TryOpen(int.Parse(await LineAsync(spawned))).ShouldNotBeNull();
        using var leader = PidFd.TryOpen(spawned.Identity).ShouldNotBeNull();
        leader.Send(9).ShouldBeTrue();
        await guard.NextAsync<GuardEvent.Exited>();
        var settled = await guard.NextAsync<GuardEvent.Settled>();
        witness.HasEnded.ShouldBeTrue();
        settled.Forced.ShouldBeTrue();
        settled.Reason.ShouldBe(ForceReason.MembersRemained);
        settled.MembersKilled.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Containments))]
    public async Task A_spawn_that_cannot_be_says_why(Containment containment)
    {
        await using var guard = await GuardFixture.StartAsync(containment);
        guard.Client.Spawn(new(1, "x", ["/nonexistent/program"], [], "/", LadderStep.Default));
        (await guard.NextAsync<GuardEvent.SpawnFailed>()).Message.ShouldContain("cannot execute '/nonexistent/program'");
        guard.Client.Spawn(new(2, "x", ["/bin/true"], [], "/nonexistent", LadderStep.Default));
        (await guard.NextAsync<GuardEvent.SpawnFailed>()).Message.ShouldContain("cannot enter the directory '/nonexistent'");
    }

    [Fact]
    public async Task A_spawn_that_failed_leaves_no_cgroup()
    {
        await using var guard = await GuardFixture.StartAsync(Containment.Cgroup);
        Assert.SkipUnless(guard.Client.Info.Containment is Containment.Cgroup, guard.Client.Info.ContainmentNote ?? "no cgroup here");
        var running = await guard.ShellAsync("exec sleep 1000");
        for (var run = 10; run < 30; run++)
        {
            guard.Client.Spawn(new(run, "x", ["/nonexistent/program"], [], "/", LadderStep.Default));
            await guard.NextAsync<GuardEvent.SpawnFailed>();
        }

        Directory.EnumerateDirectories(Path.GetDirectoryName(CgroupOf(running.Identity.Pid))!).Select(Path.GetFileName).ShouldBe([$"{running.Incarnation}"]);
    }

    [Fact]
    public async Task Where_a_cgroup_takes_no_process_the_tag_contains()
    {
        await using var guard = await GuardFixture.StartAsync(Containment.Cgroup);
        Assert.SkipUnless(guard.Client.Info.Containment is Containment.Cgroup, guard.Client.Info.ContainmentNote ?? "no cgroup here");
        var instance = $"{CgroupOf(guard.Client.Info.GuardPid).TrimEnd('/')}/workers-{InstanceTag.HashOf(guard.Directory):x12}";
        try
        {
            // Whatever is made below a threaded one takes no process.
            await File.WriteAllTextAsync(Path.Combine(instance, "cgroup.type"), "threaded", TestContext.Current.CancellationToken);
        }
        catch (IOException exception)
        {
            Assert.Skip($"cannot make '{instance}' threaded: {exception.Message}");
        }

        var second = await guard.ShellAsync("(setsid sleep 1000 & echo $!); exec sleep 1000");
        using var leader = PidFd.TryOpen(second.Identity).ShouldNotBeNull();
        using var escaped = PidFd.TryOpen(int.Parse(await LineAsync(second))).ShouldNotBeNull();
        guard.Client.Stop(second.Incarnation, [new(15, TimeSpan.FromMilliseconds(200))]);
        (await guard.NextAsync<GuardEvent.Exited>()).Incarnation.ShouldBe(second.Incarnation);
        await guard.NextAsync<GuardEvent.Settled>();
        leader.HasEnded.ShouldBeTrue();
        escaped.HasEnded.ShouldBeTrue();
    }

    [Fact]
    public async Task A_member_that_left_its_cgroup_goes_all_the_same()
    {
        await using var guard = await GuardFixture.StartAsync(Containment.Cgroup);
        Assert.SkipUnless(guard.Client.Info.Containment is Containment.Cgroup, guard.Client.Info.ContainmentNote ?? "no cgroup here");
        Assert.SkipUnless(Environment.UserName == "root", "only root may leave a cgroup here");
        var root = System.IO.File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')).First(fields => fields.Contains("cgroup2"))[4];
        var spawned = await guard.ShellAsync($"setsid sh -c 'echo 0 > {root}/cgroup.procs && echo $$ && exec sleep 1000' & exec sleep 1000");
        using var escaped = PidFd.TryOpen(int.Parse(await LineAsync(spawned))).ShouldNotBeNull();
        guard.Client.Stop(spawned.Incarnation, [new(15, TimeSpan.FromMilliseconds(200))]);
        await guard.NextAsync<GuardEvent.Exited>();
        await guard.NextAsync<GuardEvent.Settled>();
        escaped.HasEnded.ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Containments))]
    public async Task A_worker_is_tagged_alone_in_its_session_and_has_no_descriptor_of_ours(Containment containment)
    {
        await using var guard = await GuardFixture.StartAsync(containment);
        var spawned = await guard.ShellAsync("sleep 1000 & count=$(ls -l /proc/self/fd | wc -l); echo $count; wait");
        (await LineAsync(spawned)).Trim().ShouldBe("5", "standard input, output, error, and the directory that ls reads");
        var tag = ProcTag.TryRead(spawned.Identity.Pid).ShouldNotBeNull();
        tag.Soft.ShouldBe((ulong)spawned.Incarnation);
        InstanceTag.Matches(tag.Hard, InstanceTag.HashOf(guard.Directory)).ShouldBeTrue();
        (await guard.Client.MembersAsync(spawned.Incarnation, TestContext.Current.CancellationToken)).Count.ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(Containments))]
    public async Task When_guard_or_keeper_is_killed_nothing_is_left(Containment containment)
    {
        foreach (var victim in (string[])["guard", "keeper"])
        {
            await using var guard = await GuardFixture.StartAsync(containment);
            var spawned = await guard.ShellAsync("trap '' TERM; setsid sleep 1000 & echo $!; wait");
            using var leader = PidFd.TryOpen(spawned.Identity).ShouldNotBeNull();
            using var escaped = PidFd.TryOpen(int.Parse(await LineAsync(spawned))).ShouldNotBeNull();
            using var target = PidFd.TryOpen(victim == "guard" ? guard.Client.Info.GuardPid : guard.Client.Info.KeeperPid).ShouldNotBeNull();
            target.Send(9).ShouldBeTrue();
            await guard.UntilLostAsync();
            leader.HasEnded.ShouldBeTrue();
            escaped.HasEnded.ShouldBeTrue();
        }
    }

    [Theory]
    [MemberData(nameof(Containments))]
    public async Task A_registered_process_is_stopped_with_what_is_below_it(Containment containment)
    {
        await using var guard = await GuardFixture.StartAsync(containment);
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/bin/sh", ["-c", "trap '' TERM; sleep 1000 & echo $!; wait; wait"]) { RedirectStandardOutput = true })!;
        using var below = PidFd.TryOpen(int.Parse((await process.StandardOutput.ReadLineAsync())!)).ShouldNotBeNull();
        guard.Client.Watch(1, ProcStat.TryIdentify(process.Id)!.Value, "registered", LadderStep.Default);
        await guard.NextAsync<GuardEvent.Watching>();
        guard.Client.Stop(1, [new(15, TimeSpan.FromMilliseconds(100))]);
        await guard.NextAsync<GuardEvent.Exited>();
        (await guard.NextAsync<GuardEvent.Settled>()).MembersKilled.ShouldBe(2);
        below.HasEnded.ShouldBeTrue();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(128 + 9);
    }

    // Line "0::/path" of /proc/PID/cgroup, below the mount of the v2 hierarchy.
    private static string CgroupOf(int pid)
    {
        var mount = File.ReadLines("/proc/self/mountinfo").First(line => line.Contains(" - cgroup2 ", StringComparison.Ordinal)).Split(' ')[4];
        return mount + File.ReadLines($"/proc/{pid}/cgroup").Single(line => line.StartsWith("0::", StringComparison.Ordinal))[3..];
    }

    [Fact]
    public async Task A_registered_process_outlives_a_killed_keeper_while_its_manager_lives()
    {
        await using var guard = await GuardFixture.StartAsync(Containment.Tag);
        using var process = System.Diagnostics.Process.Start("/bin/sleep", "1000");
        guard.Client.Watch(1, ProcStat.TryIdentify(process.Id)!.Value, "registered", LadderStep.Default);
        await guard.NextAsync<GuardEvent.Watching>();
        using (var keeper = PidFd.TryOpen(guard.Client.Info.KeeperPid).ShouldNotBeNull())
        {
            keeper.Send(9).ShouldBeTrue();
        }

        await guard.UntilLostAsync();
        process.HasExited.ShouldBeFalse();
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private static async Task FirstByteAsync(GuardEvent.Spawned spawned) => await LineAsync(spawned);

    private static Task<string> LineAsync(GuardEvent.Spawned spawned) => Task.Run(() =>
    {
        var line = new List<byte>();
        Span<byte> one = stackalloc byte[1];
        var descriptor = (int)spawned.StandardOutput.DangerousGetHandle();
        while (Poll.IsReadable(descriptor, 10_000) && Descriptors.Read(descriptor, one) == 1 && one[0] != '\n')
        {
            line.Add(one[0]);
        }

        GC.KeepAlive(spawned);
        return System.Text.Encoding.UTF8.GetString(line.ToArray());
    });
}
