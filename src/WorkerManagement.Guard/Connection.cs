using WorkerManagement.Posix;
using WorkerManagement.Wire;

namespace WorkerManagement.Guard;

/// <summary>One client of the guard's socket: frames in, frames out. A slow reader never makes the guard wait.</summary>
internal sealed partial class Connection(int descriptor, PeerCredentials peer)
{
    // A spawn is some 3,000 bytes, most of them the environment. So many are taken in one turn of the loop, and told with one call and one wake-up
    // of the manager; more would keep deaths and deadlines waiting.
    private const int InputSize = 16 * 1024;

    private byte[] _input = new byte[InputSize];
    private int _inputLength;

    internal int Descriptor { get; } = descriptor;

    internal PeerCredentials Peer { get; } = peer;

    /// <summary>Said Hello in this protocol and version, and is the manager.</summary>
    internal bool IsController { get; set; }

    /// <summary>Whether epoll was asked for room to write.</summary>
    internal bool WaitsForWrite { get; set; }

    /// <summary>
    /// Receives once and hands each whole frame on; what is left is there the next turn, so that a manager with much to say does not
    /// keep deaths and deadlines waiting. False when the other end is gone.
    /// </summary>
    /// <exception cref="FrameException">The bytes are not the protocol.</exception>
    internal bool Receive(Action<Connection, MessageKind, ReadOnlyMemory<byte>> handle)
    {
        Span<int> none = stackalloc int[UnixSockets.MaximumDescriptors];
        if (_inputLength == _input.Length)
        {
            Array.Resize(ref _input, _input.Length * 2);
        }

        var count = UnixSockets.Receive(Descriptor, _input.AsSpan(_inputLength), none, out var passed);
        for (var i = 0; i < passed; i++)
        {
            Descriptors.Close(none[i]);
        }

        if (count <= 0)
        {
            return count < 0 && Descriptors.LastError is Errno.EAGAIN or Errno.EINTR;
        }

        _inputLength += count;
        HandleWhole(handle);
        Shrink();
        return true;
    }

    private void HandleWhole(Action<Connection, MessageKind, ReadOnlyMemory<byte>> handle)
    {
        var start = 0;
        while (_inputLength - start >= Frame.HeaderSize)
        {
            var (length, kind) = Frame.ReadHeader(_input.AsSpan(start));
            if (_inputLength - start < Frame.HeaderSize + length)
            {
                if (Frame.HeaderSize + length > _input.Length)
                {
                    Array.Resize(ref _input, Frame.HeaderSize + length);
                }

                break;
            }

            handle(this, kind, _input.AsMemory(start + Frame.HeaderSize, length));
            start += Frame.HeaderSize + length;
        }

        _input.AsSpan(start, _inputLength - start).CopyTo(_input);
        _inputLength -= start;
    }

    // A rare large frame must not stay in memory for ever.
    private void Shrink()
    {
        if (_inputLength == 0 && _input.Length > 64 * 1024)
        {
            _input = new byte[InputSize];
        }
    }
}
