using Microsoft.Extensions.Logging;

namespace WorkerManagement;

/// <summary>
/// The user's logger, which may fail (a full disk, a closed sink) or hang (a console that nobody reads) without stopping supervision: it is called
/// on a thread of its own, and what it did not take is counted.
/// </summary>
internal sealed class QuietLogger : ILogger, IAsyncDisposable
{
    private readonly ILogger _inner;
    private readonly Outlet<Action> _outlet;
    private long _failures;

    public QuietLogger(ILogger inner) => (_inner, _outlet) = (inner, new("manager's log", Write));

    /// <summary>Messages that the logger refused, or was too slow for.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => _inner.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!_outlet.TryAdd(() => _inner.Log(logLevel, eventId, state, exception, formatter)))
        {
            Interlocked.Increment(ref _failures);
        }
    }

    /// <summary>Gives the logger 1 s for what it has not taken yet.</summary>
    public ValueTask DisposeAsync() => _outlet.DisposeAsync();

    private void Write(Action write)
    {
        try
        {
            write();
        }
        catch (Exception)
        {
            // It is somebody else's code, with whatever it throws; the count is in the manager's status.
            Interlocked.Increment(ref _failures);
        }
    }
}
