using WorkerManagement.Guarding;
using WorkerManagement.Posix;

namespace WorkerManagement.Guard.Tests;

/// <summary>
/// Every nasty worker under every containment, and each way in which its guardians may go. The witness is each worker's output
/// pipe: every member inherits the write end, so its end proves that all are gone. For the one that closes it, the tag.
/// </summary>
public sealed class TortureTests
{
    // Each says "up" once it is as nasty as it gets.
    private static readonly string[] Nasty =
    [
        "echo up; exec sleep 1000",
        "sleep 1000 & echo up; wait",
        "setsid sleep 1000 & echo up; wait",
        "(setsid env -i /bin/sh -c '(/bin/sleep 1000 &)' &); echo up; exec sleep 1000",
        "trap '' TERM INT HUP; echo up; while :; do sleep 1000; done",
        "echo up; kill -STOP $$; sleep 1000",
        "i=0; while [ $i -lt 50 ]; do sleep 1000 & i=$((i+1)); done; echo up; wait",
        "setsid sleep 1000 & echo up; trap '' TERM; exec sleep 1000",
        "echo up; exec 0<&- 1>&- 2>&-; trap '' TERM; while :; do /bin/sleep 1000; done",
        "cp /bin/sleep \"$TMPDIR/renamed\" && setsid \"$TMPDIR/renamed\" 1000 & sleep 0.1; echo up; wait",
        "(while :; do sleep 0.01 & wait; done) & echo up; wait",
    ];

    public static TheoryData<Containment, string> Matrix()
    {
        var data = new TheoryData<Containment, string>();
        foreach (var containment in (Containment[])[Containment.Cgroup, Containment.Tag])
        {
            foreach (var way in (string[])["stop", "lifeline", "guard", "keeper", "terminated"])
            {
                data.Add(containment, way);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Nothing_is_left(Containment containment, string way)
    {
        var guard = await GuardFixture.StartAsync(containment);
        if (containment is Containment.Cgroup && guard.Client.Info.Containment is not Containment.Cgroup)
        {
            await guard.DisposeAsync();
            Assert.Skip(guard.Client.Info.ContainmentNote ?? "no cgroup here");
        }

        var runs = new List<GuardEvent.Spawned>();
        foreach (var script in Nasty)
        {
            var run = await guard.ShellAsync($"TMPDIR={guard.Directory}; {script}", new LadderStep(15, TimeSpan.FromMilliseconds(300)));
            (await ReadAsync(run.StandardOutput, 2)).ShouldBe("up");
            runs.Add(run);
        }

        switch (way)
        {
            case "stop":
                foreach (var run in runs)
                {
                    guard.Client.Stop(run.Incarnation, [new(15, TimeSpan.FromMilliseconds(300))]);
                }

                await guard.UntilSettledAsync(runs.Count);
                break;
            case "lifeline":
                await guard.Client.DisposeAsync();
                break;
            default:
                using (var victim = PidFd.TryOpen(way == "keeper" ? guard.Client.Info.KeeperPid : guard.Client.Info.GuardPid).ShouldNotBeNull())
                {
                    victim.Send(way == "terminated" ? 15 : 9).ShouldBeTrue();
                }

                await guard.UntilLostAsync();
                break;
        }

        foreach (var run in runs)
        {
            (await ReadAsync(run.StandardOutput, int.MaxValue)).TrimEnd().ShouldBe("", "the pipe's end is reached");
        }

        GuardSweep.Find(guard.Directory).ShouldBeEmpty();
        await guard.DisposeAsync();
    }

    // Reads up to a number of bytes, or to the pipe's end.
    private static Task<string> ReadAsync(Microsoft.Win32.SafeHandles.SafeFileHandle pipe, int most) => Task.Run(() =>
    {
        var text = new List<byte>();
        Span<byte> one = stackalloc byte[1];
        var descriptor = (int)pipe.DangerousGetHandle();
        while (text.Count < most)
        {
            Poll.IsReadable(descriptor, 20_000).ShouldBeTrue("the worker's output ends in time");
            if (Descriptors.Read(descriptor, one) != 1)
            {
                break;
            }

            text.Add(one[0]);
        }

        GC.KeepAlive(pipe);
        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    });
}
