using WorkerManagement.Posix;

namespace WorkerManagement.Guard;

/// <content>Sending: nothing here waits for who reads.</content>
internal sealed partial class Connection
{
    private const int MaximumQueued = 64 * 1024 * 1024;

    private readonly Queue<(byte[] Data, int[] Passed)> _queue = new();
    private readonly byte[] _collected = new byte[4096];
    private readonly int[] _collectedPassed = new int[UnixSockets.MaximumDescriptors];
    private int _collectedLength;
    private int _collectedPassedCount;
    private int _sentOfFirst;
    private long _queuedBytes;

    /// <summary>A frame was lost: the connection is of no use any more, and its end tells the other side so.</summary>
    internal bool IsBroken { get; private set; }

    internal bool WantsWrite => _queue.Count > 0;

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
}
