using System.Globalization;

namespace WorkerManagement.Cli.Importing;

/// <summary>supervisord's INI: a section <c>[program:name]</c> each (supervisord.org, "Configuration File").</summary>
internal static class Supervisord
{
    // What is so here for every worker, or has no meaning here.
    private static readonly HashSet<string> Needless = ["command", "process_name", "redirect_stderr", "stopasgroup", "killasgroup", "numprocs_start", "stderr_logfile_maxbytes", "stderr_logfile_backups", "stdout_capture_maxbytes", "stderr_capture_maxbytes", "stdout_events_enabled", "stderr_events_enabled", "numprocs", "directory", "environment", "autorestart", "startsecs", "startretries", "stopsignal", "stopwaitsecs", "stdout_logfile_maxbytes", "stdout_logfile_backups"];

    private static readonly Dictionary<string, string> Instead = new()
    {
        ["user"] = "workers run as the user of the manager; run the manager as that user, or begin the command with setpriv",
        ["priority"] = "say what needs what with depends_on",
        ["autostart"] = "every worker of the file is started; stop this one by hand, or leave it out",
        ["exitcodes"] = "only 0 counts as success",
        ["stdout_logfile"] = "output is kept in the state directory: workers logs NAME",
        ["stderr_logfile"] = "output is kept in the state directory: workers logs NAME",
        ["umask"] = "set it in the program, or begin the command with sh -c 'umask …; exec …'",
        ["serverurl"] = "there is no such thing here",
        ["stdout_syslog"] = "output is kept in the state directory: workers logs NAME",
        ["stderr_syslog"] = "output is kept in the state directory: workers logs NAME",
    };

    public static Imported Read(string text)
    {
        var imported = new Imported();
        foreach (var (section, keys) in Sections(text))
        {
            if (section.StartsWith("program:", StringComparison.Ordinal))
            {
                Program(imported, section["program:".Length..].Trim(), keys);
            }
            else if (section.StartsWith("eventlistener:", StringComparison.Ordinal) || section.StartsWith("fcgi-program:", StringComparison.Ordinal) || section.StartsWith("group:", StringComparison.Ordinal) || section == "include")
            {
                imported.Lose($"[{section}]: {(section == "include" ? $"import these files, too: {keys.GetValueOrDefault("files")}" : section[0] == 'g' ? "give its programs one type: instead" : "there is no such thing here")}");
            }
        }

        return imported;
    }

    private static void Program(Imported imported, string name, Dictionary<string, string> keys)
    {
        imported.Begin(name);
        string Expanded(string value) => Expand(imported, name, value);
        imported.Texts("command", ShellWords.Split(Expanded(keys.GetValueOrDefault("command") ?? throw new WorkerManagementException($"[program:{name}] has no command; add command=PROGRAM")), bare: true)!);
        if (keys.TryGetValue("directory", out var directory))
        {
            imported.Text("directory", Expanded(directory));
        }

        imported.Map("environment", Environment(Expanded(keys.GetValueOrDefault("environment") ?? "")));
        if (Number(keys, "numprocs") is > 1 and var replicas)
        {
            imported.Set("replicas", replicas.ToString(CultureInfo.InvariantCulture));
        }

        var restart = keys.GetValueOrDefault("autorestart")?.ToLowerInvariant() switch { "true" or "1" or "yes" => "permanent", "false" or "0" or "no" => "temporary", _ => "transient" };
        imported.Set("restart", restart);
        if (Number(keys, "startretries") is { } retries && restart != "temporary")
        {
            imported.Set("intensity", string.Create(CultureInfo.InvariantCulture, $"{{ restarts: {retries}, within: 60s }}"));
            imported.Lose($"{name}: startretries counts only starts that fail; intensity counts all restarts within a minute");
        }

        if (Number(keys, "startsecs") is > 0 and var seconds)
        {
            imported.Lose($"{name}: startsecs={seconds}: say how it tells that it is ready (ready:); until then started is ready");
        }

        if (keys.ContainsKey("stopsignal") || keys.ContainsKey("stopwaitsecs"))
        {
            imported.Set("stop", string.Create(CultureInfo.InvariantCulture, $"[{{ signal: {keys.GetValueOrDefault("stopsignal") ?? "TERM"}, wait: {Number(keys, "stopwaitsecs") ?? 10}s }}]"));
        }

        Logs(imported, keys);
        foreach (var key in keys.Keys.Where(key => !Needless.Contains(key) && !(key == "autostart" && keys[key].Equals("true", StringComparison.OrdinalIgnoreCase))))
        {
            imported.Lose($"{name}: {key}={keys[key]}: {Instead.GetValueOrDefault(key, "there is no such thing here")}");
        }
    }

    private static void Logs(Imported imported, Dictionary<string, string> keys)
    {
        List<string> logs = [];
        if (keys.TryGetValue("stdout_logfile_maxbytes", out var size) && size.TrimStart('0').Length > 0)
        {
            logs.Add($"maximum_size: {size}");
        }

        if (Number(keys, "stdout_logfile_backups") is { } backups)
        {
            logs.Add(string.Create(CultureInfo.InvariantCulture, $"files: {backups + 1}"));
        }

        if (logs.Count > 0)
        {
            imported.Set("logs", $"{{ {string.Join(", ", logs)} }}");
        }
    }

    // KEY="value",KEY2='value 2',KEY3=value
    private static IEnumerable<KeyValuePair<string, string>> Environment(string text)
    {
        var quote = '\0';
        var spaced = string.Concat(text.Select(character =>
        {
            quote = quote == '\0' ? character is '"' or '\'' ? character : '\0' : character == quote ? '\0' : quote;
            return quote == '\0' && character == ',' ? ' ' : character;
        }));
        return ShellWords.Split(spaced, bare: true)!.Select(word => word.Split('=', 2)).Where(pair => pair.Length == 2).Select(pair => KeyValuePair.Create(pair[0], pair[1]));
    }

    private static string Expand(Imported imported, string name, string value)
    {
        var known = value.Replace("%(program_name)s", name, StringComparison.Ordinal).Replace("%%", "%", StringComparison.Ordinal);
        if (known.Contains("%(", StringComparison.Ordinal))
        {
            imported.Lose($"{name}: '{value}' has an expansion that nobody makes here; WORKER_NAME in a worker's environment tells replicas apart");
        }

        return known;
    }

    private static int? Number(Dictionary<string, string> keys, string key) => keys.TryGetValue(key, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    // As Python's configparser: ';' begins a comment after a space, a line that begins with a space goes on.
    private static List<(string Section, Dictionary<string, string> Keys)> Sections(string text)
    {
        var sections = new List<(string, Dictionary<string, string>)>();
        string? last = null;
        foreach (var raw in text.Split('\n'))
        {
            var comment = raw.IndexOf(" ;", StringComparison.Ordinal);
            var line = (comment >= 0 ? raw[..comment] : raw).TrimEnd();
            if (line.Length == 0 || line.TrimStart()[0] is ';' or '#')
            {
                continue;
            }

            if (line[0] == '[' && line.IndexOf(']', StringComparison.Ordinal) is > 0 and var close)
            {
                sections.Add((line[1..close], []));
                last = null;
            }
            else if (char.IsWhiteSpace(line[0]) && last is not null && sections.Count > 0)
            {
                sections[^1].Item2[last] += "\n" + line.Trim();
            }
            else if (line.IndexOfAny(['=', ':']) is > 0 and var equals && sections.Count > 0)
            {
                last = line[..equals].Trim().ToLowerInvariant();
                sections[^1].Item2[last] = line[(equals + 1)..].Trim();
            }
        }

        return sections;
    }
}
