using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace WorkerManagement.Cli;

/// <summary>The log of <c>workers run</c>: failures that nobody foresaw, on standard error. What happens to workers is told there anyway.</summary>
internal sealed class ErrorsToStandardError(StandardErrorLines lines) : ILoggerProvider, ILogger
{
    // The host tells its own failures too, but those are thrown as well, and told in words of ours.
    public ILogger CreateLogger(string categoryName) => categoryName.StartsWith(nameof(WorkerManagement), StringComparison.Ordinal) ? this : NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel is LogLevel.Error or LogLevel.Critical;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            lines.Tell($"workers: {formatter(state, exception)}{(exception is null ? "" : $": {exception}")}");
        }
    }

    public void Dispose()
    {
    }
}
