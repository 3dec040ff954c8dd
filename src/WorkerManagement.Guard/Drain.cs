using WorkerManagement.Posix;

namespace WorkerManagement.Guard;

/// <summary>
/// Output of workers whose manager is gone: appended to the worker's log as it comes, so that no worker blocks on a full pipe
/// or meets a closed one while it stops. Where the log cannot be written the output is dropped: stopping comes first.
/// </summary>
internal sealed class Drain(string stateDirectory)
{
    // A pipe holds 1 MiB unless root made it larger: more than this at once is still being written.
    private const int MaximumRounds = 128;

    private readonly byte[] _buffer = new byte[16384];

    /// <summary>Moves everything that is there now.</summary>
    internal void MoveAll(int pipe, Run run, LogStream stream)
    {
        for (var round = 0; pipe >= 0 && round < MaximumRounds; round++)
        {
            var count = Descriptors.Read(pipe, _buffer);
            if (count <= 0)
            {
                return;
            }

            Append(run, stream, _buffer.AsSpan(0, count));
        }
    }

    /// <summary>Moves what is there; false at the end of the pipe.</summary>
    internal bool Move(int pipe, Run run, LogStream stream)
    {
        var count = Descriptors.Read(pipe, _buffer);
        if (count <= 0)
        {
            return count < 0 && Descriptors.LastError == Errno.EAGAIN;
        }

        Append(run, stream, _buffer.AsSpan(0, count));
        return true;
    }

    private void Append(Run run, LogStream stream, ReadOnlySpan<byte> data)
    {
        var path = Path.Combine(stateDirectory, "logs", run.Name + ".log");
        var log = Open(path);
        if (log < 0)
        {
            return;
        }

        // Where it stands, when it came and from where: as the manager notes it.
        Span<byte> mark = stackalloc byte[LogMark.Size];
        new LogMark(new FileInfo(path).Length, LogMark.MicrosecondsOf(DateTimeOffset.UtcNow), stream, run.Incarnation).Encode(mark);
        var index = Open(path + LogMark.FileSuffix);
        _ = index >= 0 ? Descriptors.Write(index, mark) : 0;
        _ = Descriptors.Write(log, data);
        Descriptors.Close(index);
        Descriptors.Close(log);
    }

    private static int Open(string path) => Descriptors.TryOpen(path, Descriptors.WriteOnly | Descriptors.Create | Descriptors.Append | Descriptors.NonBlocking, 0x180);
}
