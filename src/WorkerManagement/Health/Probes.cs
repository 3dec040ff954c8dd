using System.Diagnostics;
using System.Net.Sockets;

namespace WorkerManagement.Health;

/// <summary>Asks a starting worker whether it can serve, until it says yes. The time limit is the caller's.</summary>
internal static class Probes
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(2) }) { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>Completes with true once the probe succeeds; false when cancelled before. Notify and log-line probes are events, not asked for here.</summary>
    /// <param name="probe">What to ask.</param>
    /// <param name="command">Runs the command of a command probe; whether it ended with exit code 0.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    public static async Task<bool> UntilReadyAsync(ReadinessProbe probe, Func<CancellationToken, Task<bool>> command, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            while (!await TryAsync(probe, command, cancellationToken).ConfigureAwait(false))
            {
                await Task.Delay(probe.Interval, time, cancellationToken).ConfigureAwait(false);
            }

            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task<bool> TryAsync(ReadinessProbe probe, Func<CancellationToken, Task<bool>> command, CancellationToken cancellationToken)
    {
        try
        {
            switch (probe)
            {
                case ReadinessProbe.Tcp tcp:
                    using (var client = new TcpClient())
                    {
                        await client.ConnectAsync(tcp.Host, tcp.Port, cancellationToken).ConfigureAwait(false);
                        return true;
                    }

                case ReadinessProbe.Http http:
                    using (var answer = await Http.GetAsync(http.Address, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false))
                    {
                        return (int)answer.StatusCode is >= 200 and < 400;
                    }

                case ReadinessProbe.Command:
                    return await command(cancellationToken).ConfigureAwait(false);
                default:
                    throw new UnreachableException();
            }
        }
        catch (Exception exception) when (exception is SocketException or HttpRequestException
            || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Not yet.
            return false;
        }
    }
}
