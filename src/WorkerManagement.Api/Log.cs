using Microsoft.Extensions.Logging;

namespace WorkerManagement.Api;

/// <summary>Everything that the API logs. Event ids are stable.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 200, Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    public static partial void RequestFailed(ILogger logger, Exception exception, string method, string path);
}
