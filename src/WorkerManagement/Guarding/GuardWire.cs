using Microsoft.Win32.SafeHandles;
using WorkerManagement.Posix.Procfs;
using WorkerManagement.Wire;

namespace WorkerManagement.Guarding;

/// <summary>What the guard's frames mean, as events.</summary>
internal static class GuardWire
{
    /// <summary>The payload of Welcome.</summary>
    internal static GuardInfo ReadWelcome(ref FrameReader reader)
    {
        var guard = reader.Int32();
        var keeper = reader.Int32();
        var managed = reader.Int32() != 0;
        var containment = (Containment)reader.Int32();
        var note = reader.Text();
        var leftovers = new Leftover[reader.Count(Frame.MaximumCount, 9)];
        for (var i = 0; i < leftovers.Length; i++)
        {
            leftovers[i] = new(reader.Int32(), reader.Text(), reader.Int32() != 0);
        }

        reader.End();
        return new(guard, keeper, managed ? "framework-dependent" : "native", containment, note.Length == 0 ? null : note, leftovers);
    }

    /// <summary>An event, or null for a frame that is none.</summary>
    internal static GuardEvent? Read(MessageKind kind, ReadOnlySpan<byte> payload, ReadOnlySpan<int> descriptors)
    {
        var reader = new FrameReader(payload);
        return kind switch
        {
            MessageKind.Spawned => Spawned(ref reader, descriptors),
            MessageKind.SpawnFailed => new GuardEvent.SpawnFailed(reader.Int64(), reader.Text()),
            MessageKind.Watching => new GuardEvent.Watching(reader.Int64()),
            MessageKind.Exited => Exited(ref reader),
            MessageKind.Settled => new GuardEvent.Settled(reader.Int64(), reader.Int32() != 0, (ForceReason)reader.Int32(), reader.Int32()),
            MessageKind.NotSettled => NotSettled(ref reader),
            MessageKind.Error => new GuardEvent.Lost($"the guard refused the connection: {reader.Text()}"),
            _ => null,
        };
    }

    /// <summary>The payload of MembersAre.</summary>
    internal static (long Incarnation, int[] Pids) ReadMembers(ref FrameReader reader) => (reader.Int64(), Pids(ref reader));

    private static GuardEvent.Spawned Spawned(ref FrameReader reader, ReadOnlySpan<int> descriptors)
    {
        var incarnation = reader.Int64();
        var identity = new ProcessIdentity(reader.Int32(), reader.UInt64(), BootId.Value);
        return descriptors.Length == 2
            ? new(incarnation, identity, new SafeFileHandle(descriptors[0], ownsHandle: true), new SafeFileHandle(descriptors[1], ownsHandle: true))
            : throw new FrameException($"a new run with {descriptors.Length} descriptors; raise the open-file limit of the manager (ulimit -n)");
    }

    private static GuardEvent.Exited Exited(ref FrameReader reader)
    {
        var incarnation = reader.Int64();
        var kind = reader.Int32();
        var number = reader.Int32();
        var reason = reader.Text();
        ExitStatus status = kind switch
        {
            0 => new ExitStatus.Exited(number),
            1 or 2 => new ExitStatus.Signaled(number, kind == 2),
            _ => new ExitStatus.Lost(reason),
        };
        return new(incarnation, status, TimeSpan.FromTicks(reader.Int64()), TimeSpan.FromTicks(reader.Int64()), reader.Int64());
    }

    private static GuardEvent.NotSettled NotSettled(ref FrameReader reader)
    {
        var incarnation = reader.Int64();
        var reason = reader.Text();
        return new(incarnation, Pids(ref reader), reason);
    }

    private static int[] Pids(ref FrameReader reader)
    {
        var pids = new int[reader.Count(Frame.MaximumCount, 4)];
        for (var i = 0; i < pids.Length; i++)
        {
            pids[i] = reader.Int32();
        }

        return pids;
    }
}
