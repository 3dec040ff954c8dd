using System.Net.Sockets;
using WorkerManagement.Guarding;
using WorkerManagement.Posix;
using WorkerManagement.Wire;

namespace WorkerManagement.Guard.Tests;

/// <summary>The guard's socket under broken and hostile clients: the guard lives, the workers live, and the reason is told.</summary>
public sealed class HostilityTests
{
    private const int Frames = 100_000;

    [Fact]
    public async Task A_hundred_thousand_random_frames_from_the_manager_harm_neither_guard_nor_workers()
    {
        await using var guard = await RawGuard.StartAsync();
        using var worker = SpawnSleeper(guard);
        var random = new Random(20251);
        var fuzz = new FuzzFrames(random);
        var (frames, connections, told) = (0, 0, 0);
        while (frames < Frames)
        {
            // All but the last are parsed to their end; the last one ends the connection, with the reason.
            using var client = guard.Greet();
            using var sent = new MemoryStream();
            for (var i = random.Next(0, 80); i > 0; i--, frames++)
            {
                sent.Write(fuzz.WellFormed());
            }

            sent.Write(fuzz.Malformed());
            frames++;
            connections++;
            var last = await ExchangeAsync(client, sent.ToArray());
            told += last == MessageKind.Error ? 1 : 0;
        }

        worker.HasEnded.ShouldBeFalse();
        told.ShouldBe(connections, "a malformed frame ends the connection with the reason");
        using var again = guard.Greet();
        again.Send(new FrameWriter().Begin(MessageKind.Members).Int64(1).Finish());
        RawGuard.Read(again).ShouldNotBeNull().Kind.ShouldBe(MessageKind.MembersAre);
        TestContext.Current.TestOutputHelper?.WriteLine($"{frames} frames parsed over {connections} connections");
    }

    [Fact]
    public async Task Noise_and_half_frames_harm_neither_guard_nor_workers()
    {
        await using var guard = await RawGuard.StartAsync();
        using var worker = SpawnSleeper(guard);
        var random = new Random(7);
        var fuzz = new FuzzFrames(random);
        for (var connection = 0; connection < 2000; connection++)
        {
            // Half of them greet first.
            using var client = connection % 2 == 0 ? guard.Greet() : RawGuard.Connect(guard.Directory);
            var noise = fuzz.Noise();
            await ExchangeAsync(client, connection % 3 == 0 ? noise[..random.Next(1, noise.Length)] : noise, thenEnd: true);
        }

        worker.HasEnded.ShouldBeFalse();
        using var again = guard.Greet();
    }

    [Fact]
    public async Task A_second_connection_of_the_manager_is_refused_and_the_first_goes_on()
    {
        await using var guard = await GuardFixture.StartAsync(Containment.Tag);
        var spawned = await guard.ShellAsync("exec sleep 1000");
        using (var second = RawGuard.Connect(guard.Directory))
        {
            second.Send(RawGuard.HelloFrame());
            RawGuard.Read(second).ShouldNotBeNull().Kind.ShouldBe(MessageKind.Error);
        }

        guard.Client.Stop(spawned.Incarnation, []);
        await guard.NextAsync<GuardEvent.Exited>();
        await guard.NextAsync<GuardEvent.Settled>();
    }

    [Fact]
    public async Task A_hundred_silent_connections_do_not_keep_the_manager_out()
    {
        await using var guard = await GuardFixture.StartAsync(Containment.Tag);
        var silent = Enumerable.Range(0, 100).Select(_ => RawGuard.Connect(guard.Directory)).ToArray();
        var spawned = await guard.ShellAsync("exec sleep 1000");
        guard.Client.Stop(spawned.Incarnation, []);
        await guard.NextAsync<GuardEvent.Exited>();
        await guard.NextAsync<GuardEvent.Settled>();
        foreach (var socket in silent)
        {
            socket.Dispose();
        }
    }

    private static PidFd SpawnSleeper(RawGuard guard)
    {
        using var manager = guard.Greet();
        manager.Send(new FrameWriter().Begin(MessageKind.Spawn).Int64(1).Text("sleeper").Text("/").Ladder([]).Texts(["/bin/sleep", "1000"]).Texts([]).Finish());
        var (kind, payload) = RawGuard.Read(manager).ShouldNotBeNull();
        kind.ShouldBe(MessageKind.Spawned);
        // Not by closing alone: a process that another test starts has a copy of the descriptor until it executes, and so long the guard has its manager.
        manager.Shutdown(SocketShutdown.Send);
        RawGuard.Read(manager).ShouldBeNull();
        return PidFd.TryOpen(BitConverter.ToInt32(payload, 8)).ShouldNotBeNull();
    }

    // Sends all of it while all answers are read; the kind of the last answer.
    private static async Task<MessageKind> ExchangeAsync(Socket client, byte[] all, bool thenEnd = false)
    {
        var reading = Task.Run(() =>
        {
            var last = default(MessageKind);
            while (RawGuard.Read(client) is { } frame)
            {
                last = frame.Kind;
            }

            return last;
        });
        try
        {
            // Not SendAsync: the first asynchronous call makes the descriptor non-blocking, and a Receive that has just begun takes that for its time-out.
            for (var sent = 0; sent < all.Length;)
            {
                sent += client.Send(all, sent, all.Length - sent, SocketFlags.None);
            }

            if (thenEnd)
            {
                client.Shutdown(SocketShutdown.Send);
            }
        }
        catch (SocketException)
        {
            // Closed on us, as it should be.
        }

        return await reading;
    }
}
