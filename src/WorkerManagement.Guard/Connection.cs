using WorkerManagement.Posix;
using WorkerManagement.Wire;

namespace WorkerManagement.Guard;

/// <summary>One client of the guard's socket: frames in, frames out. A slow reader never makes the guard wait.</summary>
internal sealed class Connection(int descriptor, PeerCredentials peer)
{
    private const int MaximumQueued = 64 * 1024 * 1024;

    private readonly Queue<(byte[] Data, int First, int Second)> _queue = new();
    private readonly byte[] _collected = new byte[4096];
    private byte[] _input = new byte[4096];
    private int _collectedLength;
    private int _inputLength;
    private int _sentOfFirst;
    private long _queuedBytes;

    internal int Descriptor { get; } = descriptor;

    internal PeerCredentials Peer { get; } = peer;

    /// <summary>Said Hello in this protocol and version, and is the manager.</summary>
    internal bool IsController { get; set; }

    /// <summary>Whether epoll was asked for room to write.</summary>
    internal bool WaitsForWrite { get; set; }

    /// <summary>A frame was lost: the connection is of no use any more, and its end tells the other side so.</summary>
    internal bool IsBroken { get; private set; }

    internal bool WantsWrite => _queue.Count > 0;

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

    /// <summary>
    /// Sends a frame with two descriptors, or collects one without: these go together at the turn's end, with one call and one wake-up
    /// of the manager. Where it can do neither the connection is broken.
    /// </summary>
    internal void Send(ReadOnlySpan<byte> frame, int first = -1, int second = -1)
    {
        try
        {
            IsBroken = IsBroken || !TrySend(frame, first, second);
        }
        catch (PosixException exception)
        {
            Output.Log($"a message to process {Peer.Pid} is lost: {exception.Message}");
            IsBroken = true;
        }
    }

    // False when the other end is gone or reads too little.
    private bool TrySend(ReadOnlySpan<byte> frame, int first, int second)
    {
        if (first < 0)
        {
            if (_collectedLength + frame.Length > _collected.Length && !SendCollected())
            {
                return false;
            }

            if (frame.Length <= _collected.Length)
            {
                frame.CopyTo(_collected.AsSpan(_collectedLength));
                _collectedLength += frame.Length;
                return true;
            }
        }

        return SendCollected() && SendOrQueue(frame, first, second);
    }

    private bool SendCollected()
    {
        var length = _collectedLength;
        _collectedLength = 0;
        return length == 0 || SendOrQueue(_collected.AsSpan(0, length), -1, -1);
    }

    private bool SendOrQueue(ReadOnlySpan<byte> frame, int first, int second)
    {
        var sent = 0;
        if (_queue.Count == 0)
        {
            sent = Push(frame, first, second);
            if (sent == frame.Length)
            {
                return true;
            }

            if (sent < 0)
            {
                if (Descriptors.LastError is not (Errno.EAGAIN or Errno.EINTR))
                {
                    return false;
                }

                sent = 0;
            }
        }

        if ((_queuedBytes += frame.Length) > MaximumQueued)
        {
            return false;
        }

        // The first byte carries the descriptors: once it has gone, so have they.
        _queue.Enqueue(sent > 0 ? (frame.ToArray(), -1, -1) : (frame.ToArray(), Keep(first), Keep(second)));
        if (_queue.Count == 1)
        {
            _sentOfFirst = sent;
        }

        return true;
    }

    /// <summary>Sends what was collected and queued. False when the other end is gone.</summary>
    internal bool Flush()
    {
        if (!SendCollected())
        {
            return false;
        }

        while (_queue.TryPeek(out var next))
        {
            var sent = Push(next.Data.AsSpan(_sentOfFirst), _sentOfFirst == 0 ? next.First : -1, _sentOfFirst == 0 ? next.Second : -1);
            if (sent < 0)
            {
                return Descriptors.LastError is Errno.EAGAIN or Errno.EINTR;
            }

            if (_sentOfFirst == 0 && sent > 0)
            {
                Descriptors.Close(next.First);
                Descriptors.Close(next.Second);
            }

            _sentOfFirst += sent;
            if (_sentOfFirst == next.Data.Length)
            {
                _queue.Dequeue();
                _queuedBytes -= next.Data.Length;
                _sentOfFirst = 0;
            }
        }

        return true;
    }

    internal void Close()
    {
        // What was said last, such as why it is closed; nobody waits for it to arrive.
        _ = Flush();
        foreach (var (_, first, second) in _queue)
        {
            Descriptors.Close(first);
            Descriptors.Close(second);
        }

        _queue.Clear();
        Descriptors.Close(Descriptor);
    }

    private static int Keep(int descriptor) => descriptor < 0 ? -1 : Descriptors.Copy(descriptor);

    private int Push(ReadOnlySpan<byte> data, int first, int second) => first < 0
        ? UnixSockets.Send(Descriptor, data)
        : UnixSockets.Send(Descriptor, data, first, second);

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
            _input = new byte[4096];
        }
    }
}
