using Microsoft.Extensions.Configuration;

namespace WorkerManagement.Hosting.Configuration;

/// <summary>The configuration file of <c>workers run</c>, and the section of the same shape in a host's configuration.</summary>
public static class WorkersFile
{
    /// <summary>Reads a YAML or JSON file into options. Relative directories are taken from the file's own.</summary>
    /// <exception cref="WorkerManagementException">It is missing or wrong; every mistake is named with its line.</exception>
    public static void Load(string path, WorkerManagerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new WorkerManagementException($"cannot read '{path}': {exception.Message}; name another file with -f", exception);
        }

        Apply(ConfigurationNode.FromYaml(text, path), options, Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Reads a section of a host's configuration into options.</summary>
    /// <exception cref="WorkerManagementException">Something is wrong; every mistake is named with its key.</exception>
    public static void Load(IConfigurationSection section, WorkerManagerOptions options)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(options);
        Apply(ConfigurationNode.FromConfiguration(section), options, Environment.CurrentDirectory);
    }

    private static void Apply(ConfigurationNode root, WorkerManagerOptions options, string directory)
    {
        var reader = new ConfigurationReader();
        reader.Map(root, new Dictionary<string, Action<ConfigurationNode>>
        {
            ["containment"] = node => options.Containment = reader.Choice<Containment?>(node, ("auto", null), ("cgroup", Containment.Cgroup), ("tag", Containment.Tag)),
            ["shutdown_timeout"] = node => options.ShutdownTimeout = reader.Duration(node),
            ["workers"] = node =>
            {
                foreach (var (name, worker) in node.Entries ?? [])
                {
                    foreach (var spec in WorkerSection.Read(reader, name, worker, directory))
                    {
                        options.Workers.Add(spec);
                    }
                }

                if (node.Entries is null)
                {
                    reader.Wrong(node, "a map of workers by name");
                }
            },
        });
        foreach (var twice in options.Workers.GroupBy(worker => worker.Name).Where(group => group.Count() > 1))
        {
            reader.Errors.Add($"{root.Place}: two workers are named '{twice.Key}'; rename one");
        }

        if (reader.Errors.Count > 0)
        {
            throw new WorkerManagementException(string.Join('\n', reader.Errors));
        }
    }
}
