using System.Buffers;
using System.Text;
using System.Threading.Channels;
using WorkerManagement.Posix;
using WorkerManagement.Wire;

namespace WorkerManagement.Guarding;

/// <summary>
/// The manager's end of the control socket: blocking reads by one thread (descriptors come along with the first byte of their
/// frame). A frame is sent where it is made, without waiting; what does not fit goes to one writer, many small frames at a time.
/// </summary>
internal sealed class GuardSocket : IDisposable
{
    private const int SendSize = 32 * 1024;

    private readonly int _descriptor;
    private readonly Channel<byte[]> _outgoing = Channel.CreateUnbounded<byte[]>(new() { SingleReader = true });
    private readonly Task _sending;
    private readonly Lock _queueing = new();
    private readonly Queue<int> _passed = new();
    private byte[] _input = new byte[8192];
    private int _start;
    private int _end;
    private int _queued;
    private bool _closed;

    private GuardSocket(int descriptor)
    {
        _descriptor = descriptor;
        _sending = Task.Run(SendAsync);
    }

    /// <summary>Connects to the guard of a state directory.</summary>
    public static GuardSocket Connect(string stateDirectory)
    {
        if (Encoding.UTF8.GetByteCount(stateDirectory) + "/guard.sock".Length <= UnixSockets.MaximumPathBytes)
        {
            return Open(stateDirectory + "/guard.sock");
        }

        // A deep directory is longer than a socket path may be; through a descriptor of the directory it never is.
        var directory = Descriptors.Open(stateDirectory, Descriptors.ReadOnly);
        try
        {
            return Open($"/proc/self/fd/{directory}/guard.sock");
        }
        finally
        {
            Descriptors.Close(directory);
        }
    }

    /// <summary>Exchanges Hello and Welcome.</summary>
    public GuardInfo Greet(string version)
    {
        Queue(new FrameWriter().Begin(MessageKind.Hello).UInt32(Frame.Magic).Int32(Frame.ProtocolVersion).Text(version).Finish());
        if (!TryReceive(out var kind, out var payload, out _))
        {
            throw new WorkerManagementException("the guard closed the connection without a word; see guard.log in the state directory");
        }

        var reader = new FrameReader(payload.Span);
        return kind switch
        {
            MessageKind.Welcome => GuardWire.ReadWelcome(ref reader),
            MessageKind.Error => throw new WorkerManagementException($"the guard refuses: {reader.Text()}"),
            _ => throw new WorkerManagementException($"the guard answered with message {(int)kind}; install guard and library from one package"),
        };
    }

    /// <summary>Sends one frame, or queues what does not fit; never waits for the guard.</summary>
    public void Queue(ReadOnlySpan<byte> frame)
    {
        lock (_queueing)
        {
            // What is queued already must go before.
            var sent = _queued > 0 ? 0 : _closed ? -1 : UnixSockets.SendNow(_descriptor, frame);
            if (sent < frame.Length && !_closed)
            {
                _queued++;
                _outgoing.Writer.TryWrite(frame[Math.Max(sent, 0)..].ToArray());
            }
        }
    }

    /// <summary>The next frame; valid until the next call. False at the end of the connection.</summary>
    public bool TryReceive(out MessageKind kind, out ReadOnlyMemory<byte> payload, out ReadOnlyMemory<int> descriptors)
    {
        Span<int> passed = stackalloc int[UnixSockets.MaximumDescriptors];
        while (true)
        {
            if (_end - _start >= Frame.HeaderSize)
            {
                (var length, kind) = Frame.ReadHeader(_input.AsSpan(_start));
                if (_end - _start >= Frame.HeaderSize + length)
                {
                    payload = _input.AsMemory(_start + Frame.HeaderSize, length);
                    descriptors = kind == MessageKind.Spawned ? TakePassed() : default;
                    _start += Frame.HeaderSize + length;
                    return true;
                }

                MakeRoom(Frame.HeaderSize + length);
            }
            else
            {
                MakeRoom(Frame.HeaderSize);
            }

            var count = UnixSockets.Receive(_descriptor, _input.AsSpan(_end), passed, out var passedCount);
            for (var i = 0; i < passedCount; i++)
            {
                _passed.Enqueue(passed[i]);
            }

            if (count <= 0)
            {
                if (count < 0 && Descriptors.LastError == Errno.EINTR)
                {
                    continue;
                }

                (kind, payload, descriptors) = (default, default, default);
                return false;
            }

            _end += count;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_queueing)
        {
            _closed = true;
        }

        _outgoing.Writer.TryComplete();
        UnixSockets.Shutdown(_descriptor);
        _sending.GetAwaiter().GetResult();
        Descriptors.Close(_descriptor);
        while (_passed.TryDequeue(out var unclaimed))
        {
            Descriptors.Close(unclaimed);
        }
    }

    private static GuardSocket Open(string path)
    {
        var descriptor = UnixSockets.TryConnect(path);
        return descriptor >= 0 ? new(descriptor) : throw new PosixException(Descriptors.LastError, "connect to the guard");
    }

    private ReadOnlyMemory<int> TakePassed() => _passed.Count >= 2 ? new[] { _passed.Dequeue(), _passed.Dequeue() } : default(ReadOnlyMemory<int>);

    private void MakeRoom(int frame)
    {
        if (_start > 0 && (_start == _end || _start + frame > _input.Length))
        {
            _input.AsSpan(_start, _end - _start).CopyTo(_input);
            (_start, _end) = (0, _end - _start);
        }

        if (frame > _input.Length)
        {
            Array.Resize(ref _input, frame);
        }
    }

    private async Task SendAsync()
    {
        var buffer = new ArrayBufferWriter<byte>(SendSize);
        while (await _outgoing.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            var frames = 0;
            while (buffer.WrittenCount < SendSize && _outgoing.Reader.TryRead(out var frame))
            {
                buffer.Write(frame);
                frames++;
            }

            if (!SendWhole(buffer.WrittenSpan))
            {
                // The guard is gone; the receiving side says so.
                return;
            }

            buffer.ResetWrittenCount();
            lock (_queueing)
            {
                _queued -= frames;
            }
        }
    }

    private bool SendWhole(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var count = UnixSockets.Send(_descriptor, data);
            if (count < 0 && Descriptors.LastError != Errno.EINTR)
            {
                return false;
            }

            data = data[Math.Max(count, 0)..];
        }

        return true;
    }
}
