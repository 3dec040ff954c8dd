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
    internal void MoveAll(int pipe, string worker)
    {
        for (var round = 0; pipe >= 0 && round < MaximumRounds; round++)
        {
            var count = Descriptors.Read(pipe, _buffer);
            if (count <= 0)
            {
                return;
            }

            Append(worker, _buffer.AsSpan(0, count));
        }
    }

    /// <summary>Moves what is there; false at the end of the pipe.</summary>
    internal bool Move(int pipe, string worker)
    {
        var count = Descriptors.Read(pipe, _buffer);
        if (count <= 0)
        {
            return count < 0 && Descriptors.LastError == Errno.EAGAIN;
        }

        Append(worker, _buffer.AsSpan(0, count));
        return true;
    }

    private void Append(string worker, ReadOnlySpan<byte> data)
    {
        var log = Descriptors.TryOpen(
            Path.Combine(stateDirectory, "logs", worker + ".log"),
            Descriptors.WriteOnly | Descriptors.Create | Descriptors.Append | Descriptors.NonBlocking,
            0x180);
        if (log >= 0)
        {
            _ = Descriptors.Write(log, data);
            Descriptors.Close(log);
        }
    }
}
