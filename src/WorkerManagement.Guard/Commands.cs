using WorkerManagement.Posix;
using WorkerManagement.Posix.Procfs;
using WorkerManagement.Wire;

namespace WorkerManagement.Guard;

/// <summary>What the manager's frames mean.</summary>
internal sealed class Commands(GuardContext context, Runs runs)
{
    private readonly FrameWriter _writer = new();
    private readonly Spawner _spawner = new(context);

    /// <summary>Handles one frame.</summary>
    /// <exception cref="FrameException">It breaks the protocol.</exception>
    internal void Handle(Connection client, MessageKind kind, ReadOnlyMemory<byte> payload)
    {
        if (!client.IsController)
        {
            Hello(client, kind, payload);
            return;
        }

        if (runs.ShuttingDown && kind is MessageKind.Spawn or MessageKind.Watch)
        {
            // Its end is the answer, and comes soon. A refusal now would count as a failure of the worker: a manager that restarts what
            // dies here would have given up by then.
            return;
        }

        if (kind is MessageKind.Spawn or MessageKind.Probe)
        {
            Begin(kind, payload);
            return;
        }

        var reader = new FrameReader(payload.Span);
        switch (kind)
        {
            case MessageKind.Stop:
                var stopped = reader.Int64();
                var ladder = reader.Ladder();
                reader.End();
                runs.Stop(stopped, ladder);
                break;
            case MessageKind.Extend:
                var extended = reader.Int64();
                var milliseconds = reader.Int64();
                reader.End();
                runs.Extend(extended, milliseconds);
                break;
            case MessageKind.Signal:
                var signalled = reader.Int64();
                var signal = reader.Int32();
                reader.End();
                runs.Signal(signalled, signal is > 0 and <= 64 ? signal : throw new FrameException($"signal {signal}"));
                break;
            case MessageKind.Watch:
                Watch(ref reader);
                break;
            case MessageKind.Unwatch:
                var unwatched = reader.Int64();
                reader.End();
                runs.Unwatch(unwatched);
                break;
            case MessageKind.Members:
                Members(client, ref reader);
                break;
            case MessageKind.Shutdown:
                reader.End();
                runs.StopAll();
                break;
            default:
                throw new FrameException($"a message of kind {(int)kind}, which no manager sends");
        }
    }

    /// <summary>Says why before the connection is closed.</summary>
    internal void Refuse(Connection client, string reason)
    {
        Output.Log($"connection of process {client.Peer.Pid} closed: {reason}");
        client.Send(_writer.Begin(MessageKind.Error).Text(reason).Finish());
    }

    private void Hello(Connection client, MessageKind kind, ReadOnlyMemory<byte> payload)
    {
        var reader = new FrameReader(payload.Span);
        if (kind != MessageKind.Hello || reader.UInt32() != Frame.Magic)
        {
            throw new FrameException("the first message is not a manager's Hello");
        }

        var protocol = reader.Int32();
        var version = reader.Text();
        reader.End();
        if (protocol != Frame.ProtocolVersion || version != context.Arguments.Version)
        {
            throw new FrameException($"manager {version} speaks protocol {protocol}, this guard is {context.Arguments.Version} with protocol {Frame.ProtocolVersion}; install both from one package");
        }

        if (client.Peer.Pid != context.Arguments.ManagerPid)
        {
            throw new FrameException($"this guard serves process {context.Arguments.ManagerPid} alone");
        }

        if (runs.HasManager)
        {
            throw new FrameException($"process {client.Peer.Pid} is connected already");
        }

        client.IsController = true;
        runs.Attach(client);
        _writer.Begin(MessageKind.Welcome)
            .Int32(Environment.ProcessId)
            .Int32(context.KeeperPid)
            .Int32(System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeCompiled ? 1 : 0)
            .Int32((int)context.Containment)
            .Text(context.ContainmentNote ?? "")
            .Int32(Math.Min(context.Leftovers.Count, Frame.MaximumCount));
        foreach (var (pid, name, killed) in context.Leftovers.Take(Frame.MaximumCount))
        {
            _writer.Int32(pid).Text(name).Int32(killed ? 1 : 0);
        }

        client.Send(_writer.Finish());
    }

    private void Begin(MessageKind kind, ReadOnlyMemory<byte> payload)
    {
        var reader = new FrameReader(payload.Span);
        if (kind == MessageKind.Probe)
        {
            var probe = reader.Int64();
            runs.Probe(probe, reader.Int64(), () => _spawner.TryJoin(payload[sizeof(long)..]));
            return;
        }

        var incarnation = reader.Int64();
        if (runs.Refusal(incarnation) is { } refusal)
        {
            runs.ReportSpawnFailed(incarnation, refusal);
        }
        else if ((_spawner.TrySpawn(payload) ?? (_spawner.CgroupsRefused ? _spawner.TrySpawn(payload) : null)) is { } run)
        {
            runs.Add(run);
        }
        else
        {
            runs.ReportSpawnFailed(incarnation, _spawner.Failure);
        }
    }

    private void Watch(ref FrameReader reader)
    {
        var incarnation = reader.Int64();
        var pid = reader.Int32();
        var start = reader.UInt64();
        var name = reader.Text();
        var ladder = reader.Ladder();
        reader.End();
        if (runs.Refusal(incarnation) is { } refusal)
        {
            runs.ReportSpawnFailed(incarnation, refusal);
            return;
        }

        try
        {
            var pin = pid > 0 ? PidFd.TryOpen(new ProcessIdentity(pid, start, BootId.Value)) : null;
            runs.Watch(new(incarnation, name, ladder) { Pid = pid, StartTime = start, IsWatched = true, Pin = pin });
        }
        catch (PosixException exception)
        {
            runs.ReportSpawnFailed(incarnation, exception.Message);
        }
    }

    private void Members(Connection client, ref FrameReader reader)
    {
        var incarnation = reader.Int64();
        reader.End();
        var pids = runs.MembersOf(incarnation);
        _writer.Begin(MessageKind.MembersAre).Int64(incarnation).Int32(Math.Min(pids.Count, Frame.MaximumCount));
        foreach (var pid in pids.Take(Frame.MaximumCount))
        {
            _writer.Int32(pid);
        }

        client.Send(_writer.Finish());
    }
}
