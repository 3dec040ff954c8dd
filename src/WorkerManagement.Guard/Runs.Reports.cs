using System.Globalization;
using WorkerManagement.Posix.Procfs;
using WorkerManagement.Wire;

namespace WorkerManagement.Guard;

/// <content>What the manager is told. Without one nothing is sent.</content>
internal sealed partial class Runs
{
    private readonly FrameWriter _writer = new();
    private Connection? _client;

    /// <summary>From now on the manager hears. It has one connection; when that breaks it lets everything end and starts anew.</summary>
    internal void Attach(Connection client) => _client = client;

    internal bool HasManager => _client is not null;

    internal void Detach(Connection client)
    {
        if (_client == client)
        {
            _client = null;
        }
    }

    internal void ReportSpawnFailed(long incarnation, string reason) =>
        _client?.Send(_writer.Begin(MessageKind.SpawnFailed).Int64(incarnation).Text(reason).Finish());

    private void ReportProbeEnded(long number, bool succeeded) =>
        _client?.Send(_writer.Begin(MessageKind.ProbeEnded).Int64(number).Int32(succeeded ? 1 : 0).Finish());

    private void ReportSpawned(Run run) =>
        _client?.Send(
            _writer.Begin(MessageKind.Spawned).Int64(run.Incarnation).Int32(run.Pid).UInt64(run.StartTime).Finish(),
            run.OutputDescriptor,
            run.ErrorDescriptor);

    private void ReportWatching(Run run) => _client?.Send(_writer.Begin(MessageKind.Watching).Int64(run.Incarnation).Finish());

    private void ReportExited(Run run, ExitStatus status, Posix.ChildExit? usage)
    {
        if (_client is null)
        {
            return;
        }

        _writer.Begin(MessageKind.Exited).Int64(run.Incarnation);
        switch (status)
        {
            case ExitStatus.Exited exited:
                _writer.Int32(0).Int32(exited.Code).Text("");
                break;
            case ExitStatus.Signaled signaled:
                _writer.Int32(signaled.CoreDumped ? 2 : 1).Int32(signaled.Signal).Text("");
                break;
            case ExitStatus.Lost lost:
                _writer.Int32(3).Int32(0).Text(lost.Reason);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        _client.Send(_writer
            .Int64(usage?.UserTime.Ticks ?? 0)
            .Int64(usage?.SystemTime.Ticks ?? 0)
            .Int64(usage?.PeakMemoryBytes ?? 0)
            .Finish());
    }

    private void ReportSettled(Run run) =>
        _client?.Send(_writer.Begin(MessageKind.Settled)
            .Int64(run.Incarnation)
            .Int32(run.Forced ? 1 : 0)
            .Int32((int)(run.Forced ? run.Reason : ForceReason.None))
            .Int32(run.Killed?.Count ?? 0)
            .Finish());

    // A stop that met a run which is over already.
    private void ReportUnknown(long incarnation) =>
        _client?.Send(_writer.Begin(MessageKind.Settled).Int64(incarnation).Int32(0).Int32(0).Int32(0).Finish());

    private void ReportNotSettled(Run run)
    {
        var pids = run.HasCgroup ? _context.Cgroups!.Members(run.Incarnation) : _members.All(run).ConvertAll(member => member.Pid);
        var states = string.Join(", ", pids.Take(16).Select(pid => string.Create(
            CultureInfo.InvariantCulture,
            $"{pid} ({ProcName.Read(pid)}, state {ProcStat.TryRead(pid)?.State ?? '?'})")));
        var reason = pids.Count == 0
            ? "processes appear and end faster than they can be found; only a cgroup holds such a worker"
            : $"still alive after SIGKILL: {states}";
        Output.Log($"worker '{run.Name}' (run {run.Incarnation}) is not settled: {reason}");
        if (_client is null)
        {
            return;
        }

        _writer.Begin(MessageKind.NotSettled).Int64(run.Incarnation).Text(reason).Int32(Math.Min(pids.Count, Frame.MaximumCount));
        foreach (var pid in pids.Take(Frame.MaximumCount))
        {
            _writer.Int32(pid);
        }

        _client.Send(_writer.Finish());
    }
}
