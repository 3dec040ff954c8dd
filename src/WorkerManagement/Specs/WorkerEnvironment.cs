using System.Collections;
using System.Globalization;

namespace WorkerManagement.Specs;

/// <summary>The environment of a run: the manager's, the spec's over it, and what every worker is told.</summary>
internal static class WorkerEnvironment
{
    // What this process itself got from its own supervisor is not the workers' business.
    private static readonly string[] NotInherited = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"];

    public static List<string> For(WorkerSpec spec, long run, string? notifySocket)
    {
        var values = new Dictionary<string, string>();
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            values[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        foreach (var name in NotInherited)
        {
            values.Remove(name);
        }

        foreach (var (key, value) in spec.Environment)
        {
            values[key] = value;
        }

        values["WORKER_NAME"] = spec.Name;
        values["WORKER_TYPE"] = spec.Type;
        values["WORKER_INCARNATION"] = run.ToString(CultureInfo.InvariantCulture);
        if (notifySocket is not null)
        {
            values["NOTIFY_SOCKET"] = notifySocket;
        }

        if (spec.Watchdog is { } silence)
        {
            values["WATCHDOG_USEC"] = ((long)silence.TotalMicroseconds).ToString(CultureInfo.InvariantCulture);
        }

        var list = new List<string>(values.Count);
        foreach (var (key, value) in values)
        {
            list.Add($"{key}={value}");
        }

        return list;
    }
}
