using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace WorkerManagement.Posix;

/// <summary>Who is at the other end, as the kernel knows it (SO_PEERCRED).</summary>
public readonly record struct PeerCredentials(int Pid, uint UserId, uint GroupId);

/// <summary>Stream sockets in the file system, with descriptors passed along: <c>unix(7)</c>.</summary>
public static unsafe partial class UnixSockets
{
    /// <summary>The longest path that fits <c>sun_path</c>, its final NUL not counted.</summary>
    public const int MaximumPathBytes = 107;

    /// <summary>How many descriptors travel with one message at most; the kernel's own limit is 253.</summary>
    public const int MaximumDescriptors = 32;

    // A struct cmsghdr, and the descriptors behind it: CMSG_SPACE, a multiple of 8.
    private const int ControlHeader = 16, ControlSize = ControlHeader + (MaximumDescriptors * sizeof(int));

    private const int Unix = 1, Stream = 1, SolSocket = 1, ScmRights = 1, PeerCred = 17;
    private const int NoSignal = 0x4000, DoNotWait = 0x40, CmsgCloseOnExec = 0x40000000, CloseOnExec = 0x80000, NonBlocking = 0x800;

    /// <summary>Listens on a path; an old socket file there is replaced. Close-on-exec, non-blocking.</summary>
    public static int Listen(string path)
    {
        var descriptor = Create(NonBlocking);
        _ = Descriptors.TryUnlink(path);
        if (WithAddress(path, descriptor, &bind) != 0 || listen(descriptor, 128) != 0)
        {
            throw PosixException.Last($"listen on '{path}'");
        }

        return descriptor;
    }

    /// <summary>Connects to a path; -1 with errno on failure. Close-on-exec, blocking.</summary>
    public static int TryConnect(string path)
    {
        var descriptor = Create(0);
        if (WithAddress(path, descriptor, &connect) == 0)
        {
            return descriptor;
        }

        var error = Errno.Last;
        Descriptors.Close(descriptor);
        Marshal.SetLastPInvokeError(error);
        return -1;
    }

    /// <summary>Takes one waiting connection; -1 when there is none. Close-on-exec, non-blocking.</summary>
    public static int TryAccept(int listener) => accept4(listener, null, null, CloseOnExec | NonBlocking);

    /// <summary>Ends both directions: a blocked reader wakes up.</summary>
    public static void Shutdown(int descriptor) => _ = shutdown(descriptor, 2);

    /// <summary>Who is at the other end.</summary>
    public static PeerCredentials GetPeer(int descriptor)
    {
        PeerCredentials peer;
        var size = sizeof(PeerCredentials);
        return getsockopt(descriptor, SolSocket, PeerCred, &peer, &size) == 0 ? peer : throw PosixException.Last("ask who is at the other end of a socket");
    }

    /// <summary>Sends bytes, and descriptors with the first of them. Returns how many bytes went, -1 with errno on failure.</summary>
    public static int Send(int descriptor, ReadOnlySpan<byte> data, params ReadOnlySpan<int> passed) => Send(descriptor, data, NoSignal, passed);

    /// <summary>Sends what can go without waiting, on a blocking socket too. Returns how many bytes went, -1 with errno on failure.</summary>
    public static int SendNow(int descriptor, ReadOnlySpan<byte> data) => Send(descriptor, data, NoSignal | DoNotWait, []);

    private static int Send(int descriptor, ReadOnlySpan<byte> data, int flags, ReadOnlySpan<int> passed)
    {
        var control = stackalloc byte[ControlSize];
        fixed (byte* start = data)
        {
            Vector vector = new() { Start = start, Length = (nuint)data.Length };
            Message message = new() { Vectors = &vector, VectorCount = 1 };
            if (passed.Length > 0)
            {
                *(nuint*)control = (nuint)(ControlHeader + (sizeof(int) * passed.Length));
                *(int*)(control + 8) = SolSocket;
                *(int*)(control + 12) = ScmRights;
                passed.CopyTo(new Span<int>(control + ControlHeader, MaximumDescriptors));
                message.Control = control;
                message.ControlLength = *(nuint*)control;
            }

            return (int)sendmsg(descriptor, &message, flags);
        }
    }

    /// <summary>Receives bytes and up to <see cref="MaximumDescriptors"/> descriptors (close-on-exec). Returns the bytes, 0 at the end, -1 with errno on failure.</summary>
    public static int Receive(int descriptor, Span<byte> buffer, Span<int> passed, out int passedCount)
    {
        var control = stackalloc byte[ControlSize];
        passedCount = 0;
        fixed (byte* start = buffer)
        {
            Vector vector = new() { Start = start, Length = (nuint)buffer.Length };
            Message message = new() { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlSize };
            var count = (int)recvmsg(descriptor, &message, CmsgCloseOnExec);
            if (count > 0 && message.ControlLength >= ControlHeader && *(int*)(control + 12) == ScmRights)
            {
                passedCount = ((int)*(nuint*)control - ControlHeader) / sizeof(int);
                new ReadOnlySpan<int>(control + ControlHeader, passedCount).CopyTo(passed);
            }

            return count;
        }
    }

    private static int Create(int flags)
    {
        var descriptor = socket(Unix, Stream | CloseOnExec | flags, 0);
        return descriptor >= 0 ? descriptor : throw PosixException.Last("make a socket");
    }

    private static int WithAddress(string path, int descriptor, delegate*<int, byte*, int, int> call)
    {
        if (Encoding.UTF8.GetByteCount(path) > MaximumPathBytes)
        {
            throw new PosixException($"the socket path '{path}' is longer than {MaximumPathBytes} bytes; use a shorter directory");
        }

        var address = stackalloc byte[2 + MaximumPathBytes + 1];
        new Span<byte>(address, 2 + MaximumPathBytes + 1).Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(new Span<byte>(address, 2), Unix);
        var length = Encoding.UTF8.GetBytes(path, new Span<byte>(address + 2, MaximumPathBytes));
        return call(descriptor, address, 2 + length + 1);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        public byte* Start;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public byte* Name;
        public uint NameLength;
        public Vector* Vectors;
        public nuint VectorCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int descriptor, byte* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int descriptor, byte* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int shutdown(int descriptor, int how);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int listen(int descriptor, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int accept4(int descriptor, byte* address, int* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockopt(int descriptor, int level, int name, PeerCredentials* value, int* length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(int descriptor, Message* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int descriptor, Message* message, int flags);
}
