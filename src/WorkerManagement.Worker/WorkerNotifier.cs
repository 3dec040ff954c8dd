using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace WorkerManagement.Worker;

/// <summary>
/// A worker's side of the sd_notify protocol (<c>sd_notify(3)</c>), and its stop: tells the manager when it is ready, what it does
/// and that it lives. Without a manager nothing is sent. Thread-safe.
/// </summary>
public sealed class WorkerNotifier : IDisposable
{
    private readonly Socket? _socket;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<PosixSignalRegistration> _signals = [];

    /// <summary>Connects to the manager that started this process, if one did, and takes SIGTERM and SIGINT as the wish to stop.</summary>
    public WorkerNotifier()
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is { Length: > 0 } path)
        {
            _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            _socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path));
        }

        foreach (var signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGTERM, PosixSignal.SIGINT])
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Send("STOPPING=1");
                _stopping.Cancel();
            }));
        }
    }

    /// <summary>Cancelled when the worker is to stop: finish what must not be lost, begin nothing new.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Which run this is. It grows with every start: a fencing token for whatever the worker writes to. 0 without a manager.</summary>
    public static long Incarnation =>
        long.TryParse(Environment.GetEnvironmentVariable("WORKER_INCARNATION"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>It can serve from now on.</summary>
    public void Ready() => Send("READY=1");

    /// <summary>What it does, in a line for the operator.</summary>
    public void Status(string text) => Send("STATUS=" + text.ReplaceLineEndings(" "));

    /// <summary>How often to ping: half of the silence that the manager allows. Null when it asked for no watchdog.</summary>
    public static TimeSpan? WatchdogInterval { get; } =
        long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
        && (Environment.GetEnvironmentVariable("WATCHDOG_PID") is not { Length: > 0 } pid || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            ? TimeSpan.FromMicroseconds(microseconds / 2)
            : null;

    /// <summary>It lives.</summary>
    public void Ping() => Send("WATCHDOG=1");

    /// <summary>
    /// Awaits what a worker's loop waits for, and pings meanwhile if the manager asked for it. To be called from the loop itself, so
    /// that a loop which hangs in its work is silent; a long piece of work calls <see cref="Ping"/> as it proceeds.
    /// </summary>
    public async Task AliveUntilAsync(Task awaited)
    {
        ArgumentNullException.ThrowIfNull(awaited);
        while (WatchdogInterval is { } interval && !awaited.IsCompleted)
        {
            Ping();
            using var over = new CancellationTokenSource();
            await Task.WhenAny(awaited, Task.Delay(interval, TimeProvider.System, over.Token)).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
        }

        await awaited.ConfigureAwait(false);
    }

    /// <summary>It needs this much longer, from now.</summary>
    public void ExtendTimeout(TimeSpan time) => Send(string.Create(CultureInfo.InvariantCulture, $"EXTEND_TIMEOUT_USEC={(long)time.TotalMicroseconds}"));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var signal in _signals)
        {
            signal.Dispose();
        }

        _socket?.Dispose();
        _stopping.Dispose();
    }

    private void Send(string message)
    {
        try
        {
            _socket?.Send(Encoding.UTF8.GetBytes(message));
        }
        catch (SocketException)
        {
            // The manager is gone; the guard stops this worker in a moment.
        }
    }
}
