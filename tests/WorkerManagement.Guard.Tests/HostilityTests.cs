using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using WorkerManagement.Guarding;
using WorkerManagement.Posix;

namespace WorkerManagement.Guard.Tests;

public sealed class HostilityTests
{
    [Fact]
    public async Task Random_bytes_on_the_socket_harm_neither_guard_nor_workers()
    {
        await using var guard = await GuardFixture.StartAsync(Containment.Tag);
        var spawned = await guard.ShellAsync("sleep 1000");
        using var worker = PidFd.TryOpen(spawned.Identity).ShouldNotBeNull();
        var random = new Random(1);
        for (var connection = 0; connection < 500; connection++)
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(guard.Directory, "guard.sock")), TestContext.Current.CancellationToken);
            try
            {
                for (var frame = 0; frame < 200; frame++)
                {
                    await socket.SendAsync(Frame(random), TestContext.Current.CancellationToken);
                }
            }
            catch (SocketException)
            {
                // Closed on us, as it should be.
            }
        }

        worker.HasEnded.ShouldBeFalse();
        (await guard.Client.MembersAsync(spawned.Incarnation, TestContext.Current.CancellationToken)).ShouldContain(spawned.Identity.Pid);
    }

    [Fact]
    public async Task What_outlived_guard_keeper_and_manager_is_ended_by_the_next_start()
    {
        var directory = Directory.CreateTempSubdirectory("guard-").FullName;
        var first = await GuardFixture.StartAsync(Containment.Tag, directory);
        var spawned = await first.ShellAsync("trap '' TERM; while :; do sleep 100; done");
        using var worker = PidFd.TryOpen(spawned.Identity).ShouldNotBeNull();
        using (var keeper = PidFd.TryOpen(first.Client.Info.KeeperPid).ShouldNotBeNull())
        using (var guard = PidFd.TryOpen(first.Client.Info.GuardPid).ShouldNotBeNull())
        {
            // Stopped first, so that neither sees the other die.
            keeper.Send(19);
            guard.Send(19);
            keeper.Send(9);
            guard.Send(9);
        }

        await first.UntilLostAsync();
        worker.HasEnded.ShouldBeFalse("both guardians died at once: this is the leftover to find");
        using var bystander = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "while :; do sleep 100; done"]))!;
        await using var second = await GuardFixture.StartAsync(Containment.Tag, directory);
        worker.HasEnded.ShouldBeTrue();
        second.Client.Info.Leftovers.ShouldContain(leftover => leftover.Pid == spawned.Identity.Pid && leftover.Killed);
        bystander.HasExited.ShouldBeFalse();
        bystander.Kill(entireProcessTree: true);
        await bystander.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private static byte[] Frame(Random random)
    {
        var payload = RandomNumberGenerator.GetBytes(random.Next(0, 64));
        var frame = new byte[8 + payload.Length];
        BitConverter.TryWriteBytes(frame, random.Next(4) == 0 ? random.Next() : payload.Length);
        BitConverter.TryWriteBytes(frame.AsSpan(4), (ushort)random.Next(0, 12));
        payload.CopyTo(frame, 8);
        return frame;
    }
}
