using System.Diagnostics;

namespace WorkerManagement;

/// <summary>The names to give to OpenTelemetry: <c>AddMeter(WorkerManagerTelemetry.Name)</c> and <c>AddSource(WorkerManagerTelemetry.Name)</c>.</summary>
public static class WorkerManagerTelemetry
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "WorkerManagement";

    /// <summary>One activity for each start, restart and stop that somebody asks for.</summary>
    internal static ActivitySource Source { get; } = new(Name);

    /// <summary>Null, at no cost, when nobody listens.</summary>
    internal static Activity? Begin(string operation, IEnumerable<string> workers)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var names = workers.ToArray();
        return Source.StartActivity(operation)?.SetTag("workers.count", names.Length).SetTag("workers.names", string.Join(' ', names.Take(20)));
    }
}
