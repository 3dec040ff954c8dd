using WorkerManagement.Posix;
using WorkerManagement.Wire;

namespace WorkerManagement.Guard;

/// <summary>One client of the guard's socket: frames in, frames out. A slow reader never makes the guard wait.</summary>
internal sealed class Connection(int descriptor, PeerCredentials peer)
{
    private const int MaximumQueued = 64 * 1024 * 1024;

    // A spawn is some 3,000 bytes, most of them the environment. So many are taken in one turn of the loop, and told with one call and one wake-up
    // of the manager; more would keep deaths and deadlines waiting.
    private const int InputSize = 16 * 1024;

    private readonly Queue<(byte[] Data, int[] Passed)> _queue = new();
    private readonly byte[] _collected = new byte[4096];
    private readonly int[] _collectedPassed = new int[UnixSockets.MaximumDescriptors];
    private byte[] _input = new byte[InputSize];
    private int _collectedLength;
    private int _collectedPassedCount;
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
    /// Collects a frame, and descriptors that go along with it: all go together at the turn's end, with one call and one wake-up of the
    /// manager. The descriptors must stay open until then (<see cref="SendPassed"/>). Where it cannot the connection is broken.
    /// </summary>
    internal void Send(ReadOnlySpan<byte> frame, params ReadOnlySpan<int> passed)
    {
        IsBroken = IsBroken || !TrySend(frame, passed);
    }

    /// <summary>Sends what was collected if descriptors go with it: from now on they may be closed.</summary>
    internal void SendPassed()
    {
        if (_collectedPassedCount > 0)
        {
            IsBroken = IsBroken || !SendCollected();
        }
    }

    // False when the other end is gone or reads too little.
    private bool TrySend(ReadOnlySpan<byte> frame, ReadOnlySpan<int> passed)
    {
        if ((_collectedLength + frame.Length > _collected.Length || _collectedPassedCount + passed.Length > _collectedPassed.Length) && !SendCollected())
        {
            return false;
        }

        if (frame.Length > _collected.Length)
        {
            return SendOrQueue(frame, passed);
        }

        frame.CopyTo(_collected.AsSpan(_collectedLength));
        passed.CopyTo(_collectedPassed.AsSpan(_collectedPassedCount));
        _collectedLength += frame.Length;
        _collectedPassedCount += passed.Length;
        return true;
    }

    private bool SendCollected()
    {
        var (length, passed) = (_collectedLength, _collectedPassedCount);
        (_collectedLength, _collectedPassedCount) = (0, 0);
        return length == 0 || SendOrQueue(_collected.AsSpan(0, length), _collectedPassed.AsSpan(0, passed));
    }

    private bool SendOrQueue(ReadOnlySpan<byte> frame, ReadOnlySpan<int> passed)
    {
        var sent = 0;
        if (_queue.Count == 0)
        {
            sent = UnixSockets.Send(Descriptor, frame, passed);
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
        if ((sent > 0 ? [] : TryKeep(passed)) is not { } kept)
        {
            return false;
        }

        _queue.Enqueue((frame.ToArray(), kept));
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
            var sent = UnixSockets.Send(Descriptor, next.Data.AsSpan(_sentOfFirst), _sentOfFirst == 0 ? next.Passed : []);
            if (sent < 0)
            {
                return Descriptors.LastError is Errno.EAGAIN or Errno.EINTR;
            }

            if (_sentOfFirst == 0 && sent > 0)
            {
                Close(next.Passed);
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
        foreach (var (_, passed) in _queue)
        {
            Close(passed);
        }

        _queue.Clear();
        Descriptors.Close(Descriptor);
    }

    private int[]? TryKeep(ReadOnlySpan<int> descriptors)
    {
        var kept = new int[descriptors.Length];
        Array.Fill(kept, -1);
        try
        {
            for (var i = 0; i < kept.Length; i++)
            {
                kept[i] = Descriptors.Copy(descriptors[i]);
            }
        }
        catch (PosixException exception)
        {
            Output.Log($"a message to process {Peer.Pid} is lost: {exception.Message}");
            Close(kept);
            return null;
        }

        return kept;
    }

    private static void Close(int[] descriptors)
    {
        foreach (var descriptor in descriptors)
        {
            Descriptors.Close(descriptor);
        }
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
