using System.Collections;
using System.Globalization;

namespace WorkerManagement.Specs;

/// <summary>The environment of a run: the manager's, the spec's over it, and what every worker is told.</summary>
internal static class WorkerEnvironment
{
    // What this process itself got from its own supervisor is not the workers' business.
    private static readonly string[] NotInherited = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"];

    /// <summary>What every worker gets of this process's environment now: each name with its entry <c>NAME=value</c>.</summary>
    public static Dictionary<string, string> Inherited()
    {
        var entries = new Dictionary<string, string>();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            Set(entries, (string)variable.Key, (string?)variable.Value ?? "");
        }

        foreach (var name in NotInherited)
        {
            entries.Remove(name);
        }

        return entries;
    }

    /// <summary>The entries of one run.</summary>
    public static string[] For(WorkerSpec spec, long run, string? notifySocket, Dictionary<string, string> inherited)
    {
        var entries = new Dictionary<string, string>(inherited);
        foreach (var (name, value) in spec.Environment)
        {
            Set(entries, name, value);
        }

        Set(entries, "WORKER_NAME", spec.Name);
        Set(entries, "WORKER_TYPE", spec.Type);
        Set(entries, "WORKER_INCARNATION", run.ToString(CultureInfo.InvariantCulture));
        if (notifySocket is not null)
        {
            Set(entries, "NOTIFY_SOCKET", notifySocket);
        }

        if (spec.Watchdog is { } silence)
        {
            Set(entries, "WATCHDOG_USEC", ((long)silence.TotalMicroseconds).ToString(CultureInfo.InvariantCulture));
        }

        return [.. entries.Values];
    }

    private static void Set(Dictionary<string, string> entries, string name, string value) => entries[name] = $"{name}={value}";
}
