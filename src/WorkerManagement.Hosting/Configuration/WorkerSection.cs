using System.Globalization;

namespace WorkerManagement.Hosting.Configuration;

/// <summary>One worker of the file, as one spec or as its replicas.</summary>
internal static class WorkerSection
{
    public static IEnumerable<WorkerSpec> Read(ConfigurationReader reader, string name, ConfigurationNode node, string directory)
    {
        var spec = new WorkerSpec { Name = name, Command = [], Directory = directory };
        var replicas = 0;
        reader.Map(node, new Dictionary<string, Action<ConfigurationNode>>
        {
            ["type"] = value => spec = spec with { Type = reader.Text(value) },
            ["command"] = value => spec = spec with { Command = reader.Texts(value) },
            ["directory"] = value => spec = spec with { Directory = Folder(reader, value, directory) },
            ["environment"] = value => spec = spec with { Environment = reader.TextMap(value) },
            ["metadata"] = value => spec = spec with { Metadata = reader.TextMap(value) },
            ["replicas"] = value => replicas = reader.Number(value, 0, 10_000),
            ["restart"] = value => spec = spec with { Restart = reader.Choice(value, ("permanent", RestartPolicy.Permanent), ("transient", RestartPolicy.Transient), ("temporary", RestartPolicy.Temporary)) },
            ["intensity"] = value => spec = spec with { Intensity = Intensity(reader, value) },
            ["backoff"] = value => spec = spec with { Backoff = BackoffOf(reader, value) },
            ["stop"] = value => spec = spec with { Stop = Ladder(reader, value) },
            ["ready"] = value => spec = spec with { Ready = Ready(reader, value) },
            ["watchdog"] = value => spec = spec with { Watchdog = reader.Duration(value) },
            ["depends_on"] = value => spec = spec with { DependsOn = Needs(reader, value) },
            ["logs"] = value => spec = spec with { Logs = Logs(reader, value) },
        });
        if (node.Entries is not null && !reader.Has(node, "command"))
        {
            reader.Errors.Add($"{node.Place}: worker '{name}' has no command; add command: [\"/path/to/program\", \"argument\"]");
        }

        if (!reader.Has(node, "replicas"))
        {
            return [spec];
        }

        var type = spec.Type;
        return Enumerable.Range(1, replicas).Select(i => spec with { Name = string.Create(CultureInfo.InvariantCulture, $"{name}-{i}"), Type = type });
    }

    private static RestartIntensity Intensity(ConfigurationReader reader, ConfigurationNode node)
    {
        var value = RestartIntensity.Default;
        reader.Map(node, new Dictionary<string, Action<ConfigurationNode>>
        {
            ["restarts"] = entry => value = value with { Restarts = reader.Number(entry, 0, int.MaxValue) },
            ["within"] = entry => value = value with { Within = reader.Duration(entry) },
        });
        return value;
    }

    private static Backoff BackoffOf(ConfigurationReader reader, ConfigurationNode node)
    {
        var value = Backoff.Default;
        reader.Map(node, new Dictionary<string, Action<ConfigurationNode>>
        {
            ["initial"] = entry => value = value with { Initial = reader.Duration(entry) },
            ["maximum"] = entry => value = value with { Maximum = reader.Duration(entry) },
            ["reset_after"] = entry => value = value with { ResetAfter = reader.Duration(entry) },
        });
        return value;
    }

    private static LogLimits Logs(ConfigurationReader reader, ConfigurationNode node)
    {
        var value = LogLimits.Default;
        reader.Map(node, new Dictionary<string, Action<ConfigurationNode>>
        {
            ["maximum_size"] = entry => value = value with { MaximumSize = reader.Size(entry) },
            ["maximum_age"] = entry => value = value with { MaximumAge = reader.Duration(entry) },
            ["files"] = entry => value = value with { Files = reader.Number(entry, 1, 1000) },
            ["compress"] = entry => value = value with { Compress = reader.Flag(entry) },
        });
        return value;
    }

    /// <summary>How large files grow and how many are kept.</summary>
    public static LogLimits Limits(ConfigurationReader reader, ConfigurationNode node, LogLimits value)
    {
        reader.Map(node, new Dictionary<string, Action<ConfigurationNode>>
        {
            ["maximum_size"] = entry => value = value with { MaximumSize = reader.Size(entry) },
            ["files"] = entry => value = value with { Files = reader.Number(entry, 1, 1000) },
        });
        return value;
    }

    private static List<LadderStep> Ladder(ConfigurationReader reader, ConfigurationNode node)
    {
        var steps = new List<LadderStep>();
        foreach (var item in node.Items ?? [])
        {
            var step = new LadderStep(15, TimeSpan.FromSeconds(10));
            reader.Map(item, new Dictionary<string, Action<ConfigurationNode>>
            {
                ["signal"] = entry => step = step with { Signal = SignalName.TryParse(entry.Scalar, out var signal) && signal != 9 ? signal : Signal(reader, entry) },
                ["drain"] = entry => step = new(0, reader.Duration(entry)),
                ["wait"] = entry => step = step with { Wait = reader.Duration(entry) },
            });
            steps.Add(step);
        }

        if (node.Items is null)
        {
            reader.Wrong(node, "a list of steps such as [{ signal: TERM, wait: 10s }]");
        }

        return steps;
    }

    private static int Signal(ConfigurationReader reader, ConfigurationNode node)
    {
        reader.Wrong(node, "a signal such as TERM, INT or 10 (KILL always follows and is not named)");
        return 15;
    }

    private static Dictionary<string, DependencyCondition> Needs(ConfigurationReader reader, ConfigurationNode node) =>
        reader.Entries(node, "a map of worker and condition such as { db: ready }").ToDictionary(
            entry => entry.Key,
            entry => reader.Choice(entry.Value, ("started", DependencyCondition.Started), ("ready", DependencyCondition.Ready), ("succeeded", DependencyCondition.Succeeded)));

    private static string Folder(ConfigurationReader reader, ConfigurationNode node, string directory)
    {
        var path = reader.Text(node);
        if (!path.Contains('\0', StringComparison.Ordinal))
        {
            return Path.GetFullPath(path, directory);
        }

        reader.Wrong(node, "a path without NUL");
        return directory;
    }

    private static ReadinessProbe? Ready(ConfigurationReader reader, ConfigurationNode node)
    {
        ReadinessProbe? probe = null;
        TimeSpan? timeout = null;
        reader.Map(node, new Dictionary<string, Action<ConfigurationNode>>
        {
            ["notify"] = entry => probe = reader.Flag(entry) ? new ReadinessProbe.Notify() : null,
            ["tcp"] = entry => probe = new ReadinessProbe.Tcp("127.0.0.1", reader.Number(entry, 1, 65535)),
            ["http"] = entry => probe = Uri.TryCreate(entry.Scalar, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? new ReadinessProbe.Http(address) : NoAddress(reader, entry),
            ["log"] = entry => probe = new ReadinessProbe.LogLine(reader.Text(entry)),
            ["command"] = entry => probe = new ReadinessProbe.Command(reader.Texts(entry)),
            ["timeout"] = entry => timeout = reader.Duration(entry),
        });
        var kinds = ((string[])["notify", "tcp", "http", "log", "command"]).Count(kind => reader.Has(node, kind));
        if (node.Entries is not null && kinds != 1)
        {
            reader.Errors.Add($"{node.Place}: found {kinds} ways to be ready, expected one of notify, tcp, http, log, command");
        }

        return probe is not null && timeout is { } limit ? probe with { Timeout = limit } : probe;
    }

    private static ReadinessProbe? NoAddress(ConfigurationReader reader, ConfigurationNode node)
    {
        reader.Wrong(node, "an address such as http://127.0.0.1:8000/");
        return null;
    }
}
