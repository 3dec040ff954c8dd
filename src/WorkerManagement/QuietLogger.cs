using Microsoft.Extensions.Logging;

namespace WorkerManagement;

/// <summary>The user's logger, which may fail (a full disk, a closed sink) without stopping supervision: failures are counted.</summary>
internal sealed class QuietLogger(ILogger inner) : ILogger
{
    private long _failures;

    /// <summary>Messages that the logger refused.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // It is somebody else's code, with whatever it throws; the count is in the manager's status.
            Interlocked.Increment(ref _failures);
        }
    }
}
