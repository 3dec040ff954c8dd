using System.Globalization;

namespace WorkerManagement.Hosting.Configuration;

/// <summary>Reads typed values from nodes and collects everything that is wrong, each with its place, what was found and what is expected.</summary>
/// <param name="keys">How keys and choices are compared: a host's configuration does not tell upper from lower case, a file does.</param>
internal sealed class ConfigurationReader(StringComparer keys)
{
    public List<string> Errors { get; } = [];

    public void Map(ConfigurationNode node, IReadOnlyDictionary<string, Action<ConfigurationNode>> known)
    {
        foreach (var (key, value) in Entries(node, $"a map of keys and values; its keys are {string.Join(", ", known.Keys)}"))
        {
            if (known.FirstOrDefault(pair => keys.Equals(pair.Key, key)).Value is { } read)
            {
                read(value);
            }
            else
            {
                Errors.Add($"{value.Place}: unknown key '{key}'{Spelling.Hint(key, [.. known.Keys])}");
            }
        }
    }

    /// <summary>The entries, each key once.</summary>
    public IEnumerable<KeyValuePair<string, ConfigurationNode>> Entries(ConfigurationNode node, string expected)
    {
        if (node.Entries is null)
        {
            Wrong(node, expected);
            yield break;
        }

        var seen = new HashSet<string>(keys);
        foreach (var entry in node.Entries)
        {
            if (seen.Add(entry.Key))
            {
                yield return entry;
            }
            else
            {
                Errors.Add($"{entry.Value.Place}: the key '{entry.Key}' is given twice; keep one");
            }
        }
    }

    public bool Has(ConfigurationNode node, string key) => node.Entries?.Any(entry => keys.Equals(entry.Key, key)) == true;

    public string Text(ConfigurationNode node) => node.Scalar ?? Wrong(node, "a text", "");

    public TimeSpan Duration(ConfigurationNode node) =>
        Durations.TryParse(node.Scalar, out var value) && value <= TimeSpan.FromDays(1) ? value : Wrong(node, "a duration such as 10s, 200ms or 1m30s, at most 24h", TimeSpan.FromSeconds(1));

    public long Size(ConfigurationNode node) => Durations.TryParseSize(node.Scalar, out var value) ? value : Wrong(node, "a size such as 10MB", 1L);

    public int Number(ConfigurationNode node, int least, int most) =>
        int.TryParse(node.Scalar, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : Wrong(node, $"a whole number from {least} to {most}", least);

    public bool Flag(ConfigurationNode node) => node.Scalar?.ToLowerInvariant() switch { "true" => true, "false" => false, _ => Wrong(node, "true or false", false) };

    public T Choice<T>(ConfigurationNode node, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        foreach (var (word, value) in choices)
        {
            if (keys.Equals(node.Scalar, word))
            {
                return value;
            }
        }

        var words = new List<string>();
        foreach (var (word, _) in choices)
        {
            words.Add(word);
        }

        return Wrong(node, "one of " + string.Join(", ", words), choices[0].Value);
    }

    public List<string> Texts(ConfigurationNode node) => node.Items?.Select(Text).ToList() ?? Wrong(node, "a list of texts such as [\"/path/to/program\", \"argument\"]", new List<string>());

    public Dictionary<string, string> TextMap(ConfigurationNode node) => Entries(node, "a map of texts such as { KEY: value }").ToDictionary(entry => entry.Key, entry => Text(entry.Value));

    public void Wrong(ConfigurationNode node, string expected) =>
        Errors.Add($"{node.Place}: found {(node.Scalar is { } scalar ? $"'{scalar}'" : node.Items is not null ? "a list" : node.Entries is not null ? "a map" : "nothing")}, expected {expected}");

    private T Wrong<T>(ConfigurationNode node, string expected, T instead)
    {
        Wrong(node, expected);
        return instead;
    }
}
