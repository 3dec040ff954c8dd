using System.Text;
using Microsoft.Extensions.Configuration;

namespace WorkerManagement.Hosting.Configuration;

/// <summary>The configuration file of <c>workers run</c>, and the section of the same shape in a host's configuration.</summary>
public static class WorkersFile
{
    internal const int MaximumLength = 4_000_000;

    /// <summary>The JSON Schema of the file.</summary>
    public static string Schema
    {
        get
        {
            using var reader = new StreamReader(typeof(WorkersFile).Assembly.GetManifestResourceStream("workers.schema.json")!);
            return reader.ReadToEnd();
        }
    }

    /// <summary>Reads a YAML or JSON file into options. Relative directories are taken from the file's own.</summary>
    /// <exception cref="WorkerManagementException">It is missing or wrong; every mistake is named with its line.</exception>
    public static void Load(string path, WorkerManagerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var text = ReadText(path);
        options.ConfigurationFile = Path.GetFullPath(path);
        Parse(text, path, Path.GetDirectoryName(options.ConfigurationFile)!, options);
    }

    /// <summary>Reads YAML or JSON text into options.</summary>
    /// <param name="text">The text, at most 4,000,000 characters.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="directory">Where relative directories are taken from.</param>
    /// <param name="options">What it is read into.</param>
    /// <exception cref="WorkerManagementException">It is wrong; every mistake is named with its line.</exception>
    public static void Parse(string text, string name, string directory, WorkerManagerOptions options)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(options);
        ParseAny(text, name, directory, options);
    }

    /// <summary>The same of what is to take the place of the workers that are: one that does not speak of workers at all, such as a file of which nothing is written yet, is a mistake.</summary>
    internal static void ParseWhole(string text, string name, string directory, WorkerManagerOptions options)
    {
        if (!ParseAny(text, name, directory, options))
        {
            throw new WorkerManagementException($"'{name}' has no 'workers'; to apply it would stop all that run: write 'workers: {{}}' if that is meant");
        }
    }

    private static bool ParseAny(string text, string name, string directory, WorkerManagerOptions options)
    {
        if (text.Length > MaximumLength)
        {
            throw new WorkerManagementException($"'{name}' is longer than {MaximumLength} characters; a configuration file never is");
        }

        return Apply(new(StringComparer.Ordinal), YamlReader.Read(text, name), options, directory);
    }

    /// <summary>Reads a section of a host's configuration into options.</summary>
    /// <exception cref="WorkerManagementException">Something is wrong; every mistake is named with its key.</exception>
    public static void Load(IConfigurationSection section, WorkerManagerOptions options)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(options);
        Apply(new(StringComparer.OrdinalIgnoreCase), ConfigurationNode.From(section), options, Environment.CurrentDirectory);
    }

    /// <summary>A file's text, as long as a configuration may be.</summary>
    /// <exception cref="WorkerManagementException">It cannot be read, or is longer.</exception>
    internal static string ReadText(string path)
    {
        try
        {
            return ReadBounded(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new WorkerManagementException($"cannot read '{path}': {exception.Message}; name another file with -f", exception);
        }
    }

    // The path may name a device or a pipe, whose length nobody knows.
    private static string ReadBounded(string path)
    {
        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        var text = new StringBuilder();
        var buffer = new char[16 * 1024];
        for (var count = file.Read(buffer); count > 0; count = file.Read(buffer))
        {
            text.Append(buffer, 0, count);
            if (text.Length > MaximumLength)
            {
                throw new WorkerManagementException($"'{path}' is longer than {MaximumLength} characters; a configuration file never is: name another with -f");
            }
        }

        return text.ToString();
    }

    // Whether it speaks of workers.
    private static bool Apply(ConfigurationReader reader, ConfigurationNode root, WorkerManagerOptions options, string directory)
    {
        var workers = false;
        reader.Map(root, new Dictionary<string, Action<ConfigurationNode>>
        {
            ["containment"] = node => options.Containment = reader.Choice<Containment?>(node, ("auto", null), ("cgroup", Containment.Cgroup), ("tag", Containment.Tag)),
            ["shutdown_timeout"] = node => options.ShutdownTimeout = reader.Duration(node),
            ["journal"] = node => options.Journal = WorkerSection.Limits(reader, node, options.Journal),
            ["capsules"] = node => options.Capsules = reader.Number(node, 0, 10_000),
            ["logs"] = node => reader.Map(node, new Dictionary<string, Action<ConfigurationNode>> { ["maximum_total"] = entry => options.MaximumLogTotal = reader.Size(entry) }),
            ["workers"] = node =>
            {
                workers = true;
                foreach (var (name, worker) in reader.Entries(node, "a map of workers by name"))
                {
                    foreach (var spec in WorkerSection.Read(reader, name, worker, directory))
                    {
                        options.Workers.Add(spec);
                    }
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

        return workers;
    }
}
