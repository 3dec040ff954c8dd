using System.Diagnostics;
using System.Net.Sockets;
using WorkerManagement.Guarding;
using WorkerManagement.Wire;

namespace WorkerManagement.Guard.Tests;

/// <summary>A pair of guardians whose manager is this test itself: it holds the lifeline and speaks the protocol by hand.</summary>
internal sealed class RawGuard : IAsyncDisposable
{
    private readonly Process _keeper;

    private RawGuard(Process keeper, string directory) => (_keeper, Directory) = (keeper, directory);

    public string Directory { get; }

    public static async Task<RawGuard> StartAsync()
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("guard-").FullName;
        var keeper = GuardLauncher.Start(new() { StateDirectory = directory, Containment = Containment.Tag, GuardPath = GuardFixture.Guard }, directory);
        (await keeper.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("ready");
        return new(keeper, directory);
    }

    public static Socket Connect(string directory)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 30_000, SendTimeout = 30_000 };
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(directory, "guard.sock")));
        return socket;
    }

    public static ReadOnlySpan<byte> HelloFrame() =>
        new FrameWriter().Begin(MessageKind.Hello).UInt32(Frame.Magic).Int32(Frame.ProtocolVersion).Text(GuardLauncher.Version).Finish();

    /// <summary>A connection that the guard took for the manager's.</summary>
    public Socket Greet()
    {
        var socket = Connect(Directory);
        socket.Send(HelloFrame());
        Read(socket).ShouldNotBeNull().Kind.ShouldBe(MessageKind.Welcome);
        return socket;
    }

    /// <summary>The next frame; null at the end.</summary>
    public static (MessageKind Kind, byte[] Payload)? Read(Socket socket)
    {
        var header = new byte[Frame.HeaderSize];
        if (!Fill(socket, header))
        {
            return null;
        }

        var (length, kind) = Frame.ReadHeader(header);
        var payload = new byte[length];
        return Fill(socket, payload) ? (kind, payload) : null;
    }

    public async ValueTask DisposeAsync()
    {
        _keeper.StandardInput.Close();
        await _keeper.WaitForExitAsync();
        _keeper.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static bool Fill(Socket socket, byte[] buffer)
    {
        var filled = 0;
        try
        {
            int count;
            while (filled < buffer.Length && (count = socket.Receive(buffer, filled, buffer.Length - filled, SocketFlags.None)) > 0)
            {
                filled += count;
            }
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset)
        {
            // Closed with bytes of ours unread.
            return false;
        }

        return filled == buffer.Length;
    }
}
