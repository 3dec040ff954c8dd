using Microsoft.Extensions.Logging;

namespace WorkerManagement.Cli;

/// <summary>The log of <c>workers run</c>: failures that nobody foresaw, on standard error. What happens to workers is told there anyway.</summary>
internal sealed class ErrorsToStandardError : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel is LogLevel.Error or LogLevel.Critical;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Console.Error.WriteLine($"workers: {formatter(state, exception)}{(exception is null ? "" : $": {exception}")}");
        }
    }

    public void Dispose()
    {
    }
}
