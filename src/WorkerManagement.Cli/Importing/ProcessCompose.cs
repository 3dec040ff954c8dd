using System.Globalization;
using System.Text.RegularExpressions;
using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Cli.Importing;

/// <summary>process-compose's YAML (f1bonacc1.github.io/process-compose).</summary>
internal static class ProcessCompose
{
    private static readonly HashSet<string> Understood = ["command", "entrypoint", "working_dir", "environment", "depends_on", "availability", "shutdown", "readiness_probe", "ready_log_line", "replicas", "description", "disabled"];

    private static readonly Dictionary<string, string> Instead = new()
    {
        ["liveness_probe"] = "a worker tells that it lives with watchdog: and WATCHDOG=1 on NOTIFY_SOCKET",
        ["log_location"] = "output is kept in the state directory: workers logs NAME",
        ["is_daemon"] = "a worker stays in the foreground; its descendants are found all the same",
        ["namespace"] = "give the workers one type: instead, which stop and scale take",
        ["schedule"] = "there are no schedules here",
        ["is_tty"] = "workers have no terminal",
        ["is_foreground"] = "workers have no terminal",
        ["env_file"] = "write its lines into environment:",
        ["vars"] = "templates are not expanded here",
    };

    public static Imported Read(ConfigurationNode root)
    {
        var imported = new Imported();
        var shared = Nodes.PairsOf(root.At("environment")).ToArray();
        var processes = root.At("processes")?.Entries ?? throw new WorkerManagementException($"{root.Place}: there is no map of processes; is it a process-compose file?");
        foreach (var (name, process) in processes.Where(process => !process.Value.IsTrue("disabled")))
        {
            Process(imported, name, process, shared, processes);
        }

        foreach (var (name, _) in processes.Where(process => process.Value.IsTrue("disabled")))
        {
            imported.Lose($"{name}: it is disabled, and left out");
        }

        foreach (var key in (root.Entries ?? []).Select(entry => entry.Key).Except(["version", "processes", "environment", "log_level", "log_length", "log_location", "is_strict", "disable_env_expansion", "ordered_shutdown"]))
        {
            imported.Lose($"{key}: {Instead.GetValueOrDefault(key, "there is no such thing here")}");
        }

        return imported;
    }

    private static void Process(Imported imported, string name, ConfigurationNode process, KeyValuePair<string, string>[] shared, IReadOnlyList<KeyValuePair<string, ConfigurationNode>> all)
    {
        imported.Begin(name);
        var entry = Nodes.TextsOf(process.At("entrypoint")).ToArray();
        var command = process.TextAt("command") ?? (entry.Length > 0 ? null : throw new WorkerManagementException($"{process.Place}: process '{name}' has neither command nor entrypoint; add one"));
        imported.Texts("command", entry.Length > 0 ? entry : ShellWords.Command(command!.Trim(), out _));
        if (process.TextAt("working_dir") is { } directory)
        {
            imported.Text("directory", directory);
        }

        imported.Map("environment", shared.Concat(Nodes.PairsOf(process.At("environment"))).GroupBy(pair => pair.Key).Select(group => group.Last()));
        if (process.NumberAt("replicas") is > 1 and var replicas)
        {
            imported.Set("replicas", replicas.ToString(CultureInfo.InvariantCulture));
        }

        Restart(imported, name, process);
        Stop(imported, name, process);
        Ready(imported, name, process);
        Needs(imported, name, process, all);
        foreach (var key in (process.Entries ?? []).Select(one => one.Key).Except(Understood))
        {
            imported.Lose($"{name}: {key}: {Instead.GetValueOrDefault(key, "there is no such thing here")}");
        }
    }

    private static void Restart(Imported imported, string name, ConfigurationNode process)
    {
        var restart = process.TextAt("availability", "restart");
        imported.Set("restart", restart switch { "always" => "permanent", "on_failure" => "transient", _ => "temporary" });
        if (restart == "exit_on_failure")
        {
            imported.Lose($"{name}: restart: exit_on_failure: the others are not stopped with it");
        }

        if (process.NumberAt("availability", "backoff_seconds") is { } pause)
        {
            imported.Set("backoff", $"{{ initial: {Imported.Seconds(pause)}, maximum: {Imported.Seconds(pause)} }}");
        }

        if (process.NumberAt("availability", "max_restarts") is > 0 and var most)
        {
            imported.Set("intensity", string.Create(CultureInfo.InvariantCulture, $"{{ restarts: {most}, within: 24h }}"));
        }
    }

    private static void Stop(Imported imported, string name, ConfigurationNode process)
    {
        if (process.TextAt("shutdown", "command") is { } command)
        {
            imported.Lose($"{name}: shutdown.command '{command}': a stop is a signal here; let the worker do this on SIGTERM");
        }

        var signal = process.TextAt("shutdown", "signal");
        var wait = process.NumberAt("shutdown", "timeout_seconds");
        if (signal is not null || wait is not null)
        {
            imported.Set("stop", $"[{{ signal: {signal ?? "TERM"}, wait: {Imported.Seconds(wait ?? 10)} }}]");
        }
    }

    private static void Ready(Imported imported, string name, ConfigurationNode process)
    {
        var probe = process.At("readiness_probe");
        var timeout = probe is null ? "" : $", timeout: {Imported.Seconds((probe.NumberAt("initial_delay_seconds") ?? 0) + ((probe.NumberAt("period_seconds") ?? 10) * (probe.NumberAt("failure_threshold") ?? 3)))}";
        if (process.TextAt("ready_log_line") is { } line)
        {
            imported.Set("ready", $"{{ log: {Imported.Quote(Regex.Escape(line))} }}");
        }
        else if (probe?.At("http_get") is { } http)
        {
            var port = http.TextAt("port") ?? "80";
            imported.Set("ready", $"{{ http: {Imported.Quote($"{http.TextAt("scheme")?.ToLowerInvariant() ?? "http"}://{http.TextAt("host") ?? "127.0.0.1"}:{port}{http.TextAt("path") ?? "/"}")}{timeout} }}");
        }
        else if (probe?.TextAt("exec", "command") is { } command)
        {
            imported.Set("ready", $"{{ command: {Imported.List(ShellWords.Command(command, out _))}{timeout} }}");
        }
        else if (probe is not null)
        {
            imported.Lose($"{name}: readiness_probe: neither http_get nor exec");
        }
    }

    private static void Needs(Imported imported, string name, ConfigurationNode process, IReadOnlyList<KeyValuePair<string, ConfigurationNode>> all)
    {
        var needs = new List<KeyValuePair<string, string>>();
        foreach (var (needed, condition) in process.At("depends_on")?.Entries ?? [])
        {
            var word = condition.TextAt("condition") switch { "process_healthy" or "process_log_ready" => "ready", "process_completed" or "process_completed_successfully" => "succeeded", _ => "started" };
            if (condition.TextAt("condition") == "process_completed")
            {
                imported.Lose($"{name}: depends_on {needed}: process_completed: only an end with 0 counts here");
            }

            // One of several stands under its number.
            var other = all.FirstOrDefault(process => process.Key == needed).Value;
            needs.AddRange(other is null || other.NumberAt("replicas") is null or <= 1 ? [KeyValuePair.Create(needed, word)] : Enumerable.Range(1, (int)other.NumberAt("replicas")!.Value).Select(number => KeyValuePair.Create($"{needed}-{number}", word)));
        }

        imported.Map("depends_on", needs);
    }
}
