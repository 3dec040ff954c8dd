namespace WorkerManagement;

/// <summary>How the manager learns that a started worker can serve. Without one, started is ready.</summary>
public abstract record ReadinessProbe
{
    private ReadinessProbe()
    {
    }

    /// <summary>How long the worker may take; then it is stopped and its restart policy decides. 30 s by default.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The pause between two tries of a TCP, HTTP or command probe. 100 ms by default.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary><c>READY=1</c> on NOTIFY_SOCKET, <c>sd_notify(3)</c>.</summary>
    public sealed record Notify : ReadinessProbe;

    /// <summary>A TCP connection is accepted.</summary>
    /// <param name="Host">A name or an address.</param>
    /// <param name="Port">1 to 65535.</param>
    public sealed record Tcp(string Host, int Port) : ReadinessProbe;

    /// <summary>A GET answers with a status from 200 to 399.</summary>
    /// <param name="Address">Absolute, http or https.</param>
    public sealed record Http(Uri Address) : ReadinessProbe;

    /// <summary>A command exits with 0. It runs as a member of the worker, with its environment and directory, not in a shell; its output is thrown away.</summary>
    /// <param name="Arguments">Program and arguments.</param>
    public sealed record Command(IReadOnlyList<string> Arguments) : ReadinessProbe;

    /// <summary>A line of standard output or error matches the regular expression.</summary>
    /// <param name="Pattern">As .NET understands it.</param>
    public sealed record LogLine(string Pattern) : ReadinessProbe;
}
