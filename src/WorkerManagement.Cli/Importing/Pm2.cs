using System.Globalization;
using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Cli.Importing;

/// <summary>PM2's ecosystem file as JSON (pm2.keymetrics.io, "Ecosystem File").</summary>
internal static class Pm2
{
    private static readonly HashSet<string> Understood = ["name", "script", "args", "cwd", "interpreter", "interpreter_args", "node_args", "instances", "env", "autorestart", "max_restarts", "min_uptime", "restart_delay", "exp_backoff_restart_delay", "kill_timeout", "listen_timeout", "namespace", "merge_logs", "combine_logs", "log_date_format", "source_map_support", "vizion", "treekill", "pmx", "automation"];

    private static readonly Dictionary<string, string> Instead = new()
    {
        ["exec_mode"] = "there is no shared port: replicas are processes of their own, and WORKER_NAME tells them apart; let each listen on a port of its own, or with SO_REUSEPORT",
        ["watch"] = "nothing is restarted when files change; a watcher may call workers restart NAME",
        ["ignore_watch"] = "nothing is restarted when files change",
        ["max_memory_restart"] = "there is no memory limit here; a cgroup's memory.max sets one",
        ["cron_restart"] = "there are no schedules here; cron may call workers restart NAME",
        ["wait_ready"] = "process.send('ready') is not understood; send READY=1 to NOTIFY_SOCKET (npm: sd-notify) and give ready: { notify: true }",
        ["out_file"] = "output is kept in the state directory: workers logs NAME",
        ["error_file"] = "output is kept in the state directory: workers logs NAME",
        ["log_file"] = "output is kept in the state directory: workers logs NAME",
        ["pid_file"] = "pids are in workers status -o json",
        ["uid"] = "workers run as the user of the manager",
        ["gid"] = "workers run as the user of the manager",
        ["user"] = "workers run as the user of the manager",
        ["shutdown_with_message"] = "a stop is a signal here",
    };

    public static Imported Read(ConfigurationNode root)
    {
        var imported = new Imported();
        foreach (var app in root.At("apps")?.Items ?? root.Items ?? (root.At("script") is not null ? [root] : []))
        {
            App(imported, app);
        }

        if (root.At("deploy") is not null)
        {
            imported.Lose("deploy: nothing is deployed here");
        }

        return imported;
    }

    private static void App(Imported imported, ConfigurationNode app)
    {
        var script = app.TextAt("script") ?? throw new WorkerManagementException($"{app.Place}: an app has no script; add one");
        var name = app.TextAt("name") ?? Path.GetFileNameWithoutExtension(script);
        imported.Begin(name);
        imported.Texts("command", Command(app, script));
        if (app.TextAt("cwd") is { } directory)
        {
            imported.Text("directory", directory);
        }

        imported.Map("environment", Nodes.PairsOf(app.At("env")));
        Replicas(imported, name, app.TextAt("instances"));
        if (app.TextAt("autorestart") == "false")
        {
            imported.Set("restart", "temporary");
        }

        // PM2: 16 restarts of runs shorter than min_uptime, 1 s by default.
        if (app.NumberAt("max_restarts") is { } most)
        {
            imported.Set("intensity", string.Create(CultureInfo.InvariantCulture, $"{{ restarts: {most}, within: 60s }}"));
            imported.Lose($"{name}: max_restarts counts only runs shorter than min_uptime; intensity counts all restarts within a minute");
        }

        if (app.NumberAt("restart_delay") is > 0 and var delay)
        {
            imported.Set("backoff", $"{{ initial: {Imported.Seconds(delay / 1000)}, maximum: {Imported.Seconds(delay / 1000)} }}");
        }
        else if (app.NumberAt("exp_backoff_restart_delay") is > 0 and var first)
        {
            imported.Set("backoff", $"{{ initial: {Imported.Seconds(first / 1000)}, maximum: 15s }}");
        }

        // PM2 sends SIGINT and waits 1.6 s.
        imported.Set("stop", $"[{{ signal: INT, wait: {Imported.Seconds((app.NumberAt("kill_timeout") ?? 1600) / 1000)} }}]");
        foreach (var (key, value) in (app.Entries ?? []).Where(entry => !Understood.Contains(entry.Key) && entry.Value.Scalar is not ("false" or "fork" or "fork_mode")))
        {
            imported.Lose($"{name}: {key}: {(key.StartsWith("env_", StringComparison.Ordinal) ? "one environment a file; make a second file for the other" : Instead.GetValueOrDefault(key, "there is no such thing here"))}{(value.Scalar is { Length: > 0 and < 40 } scalar ? $" (it was {scalar})" : "")}");
        }
    }

    private static List<string> Command(ConfigurationNode app, string script)
    {
        var interpreter = app.TextAt("interpreter") ?? Path.GetExtension(script) switch
        {
            ".js" or ".cjs" or ".mjs" => "node",
            ".ts" => "bun",
            ".py" => "python3",
            ".sh" => "bash",
            ".rb" => "ruby",
            ".php" => "php",
            ".pl" => "perl",
            _ => "none",
        };
        return [.. interpreter == "none" ? [] : (string[])[interpreter, .. Words(app.At("interpreter_args") ?? app.At("node_args"))], .. interpreter == "none" ? ShellWords.Split(script, bare: true)! : [script], .. Words(app.At("args"))];
    }

    private static IEnumerable<string> Words(ConfigurationNode? node) => node?.Scalar is { } text ? ShellWords.Split(text, bare: true)! : Nodes.TextsOf(node);

    private static void Replicas(Imported imported, string name, string? instances)
    {
        if (!int.TryParse(instances, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            number = instances == "max" ? 0 : 1;
        }

        if (number <= 0)
        {
            imported.Lose($"{name}: instances: {instances}: as many as this machine has processors, {Environment.ProcessorCount + number}; change replicas elsewhere");
            number = Math.Max(1, Environment.ProcessorCount + number);
        }

        if (number > 1)
        {
            imported.Set("replicas", number.ToString(CultureInfo.InvariantCulture));
        }
    }
}
