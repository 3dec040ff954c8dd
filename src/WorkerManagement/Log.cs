using Microsoft.Extensions.Logging;

namespace WorkerManagement;

/// <summary>Everything this library logs. Event ids are stable.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 100, Level = LogLevel.Warning, Message = "{Kind} {Worker}: {Reason}")]
    public static partial void Incident(ILogger logger, string kind, string? worker, string reason);

    [LoggerMessage(EventId = 101, Level = LogLevel.Information, Message = "worker '{Worker}' is {State}: {Why}")]
    public static partial void StateChanged(ILogger logger, string worker, WorkerState state, string why);

    [LoggerMessage(EventId = 102, Level = LogLevel.Information, Message = "guard {Guard} ({Kind}) contains workers by {Containment}")]
    public static partial void Guarded(ILogger logger, int guard, string kind, Containment containment);
}
