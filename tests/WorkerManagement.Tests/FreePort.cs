using System.Net;
using System.Net.Sockets;

namespace WorkerManagement.Tests;

/// <summary>
/// A port of the loopback address that nobody listens on at this moment. It is not among those that the kernel gives to whoever connects
/// (ip_local_port_range, from 32768 on): one of these may be taken before it is used.
/// </summary>
internal static class FreePort
{
    private const int First = 20_000, End = 32_000;

    public static int Next()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(First, End));
            try
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse)
            {
                // Another one, then.
            }
        }
    }
}
