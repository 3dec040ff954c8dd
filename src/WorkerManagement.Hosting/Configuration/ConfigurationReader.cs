using System.Globalization;

namespace WorkerManagement.Hosting.Configuration;

/// <summary>Reads typed values from nodes and collects everything that is wrong, each with its place, what was found and what is expected.</summary>
internal sealed class ConfigurationReader
{
    public List<string> Errors { get; } = [];

    public void Map(ConfigurationNode node, IReadOnlyDictionary<string, Action<ConfigurationNode>> known)
    {
        if (node.Entries is null)
        {
            Wrong(node, "a map of keys and values");
            return;
        }

        var seen = new HashSet<string>();
        foreach (var (key, value) in node.Entries)
        {
            if (!seen.Add(key))
            {
                Errors.Add($"{value.Place}: the key '{key}' is given twice; keep one");
            }
            else if (known.TryGetValue(key, out var read))
            {
                read(value);
            }
            else
            {
                var nearest = known.Keys.MinBy(name => Distance(name, key))!;
                Errors.Add($"{value.Place}: unknown key '{key}'" + (Distance(nearest, key) <= 3 ? $"; did you mean '{nearest}'?" : $"; known are: {string.Join(", ", known.Keys.Order())}"));
            }
        }
    }

    public string Text(ConfigurationNode node) => node.Scalar ?? Wrong(node, "a text", "");

    public TimeSpan Duration(ConfigurationNode node) => Durations.TryParse(node.Scalar, out var value) ? value : Wrong(node, "a duration such as 10s, 200ms or 1m30s", TimeSpan.Zero);

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
            if (node.Scalar == word)
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

    public List<string> Texts(ConfigurationNode node) => node.Items?.Select(Text).ToList() ?? Wrong(node, "a list of texts", new List<string>());

    public Dictionary<string, string> TextMap(ConfigurationNode node) =>
        node.Entries?.GroupBy(entry => entry.Key).ToDictionary(entry => entry.Key, entry => Text(entry.First().Value)) ?? Wrong(node, "a map of texts", new Dictionary<string, string>());

    public void Wrong(ConfigurationNode node, string expected) =>
        Errors.Add($"{node.Place}: found {(node.Scalar is { } scalar ? $"'{scalar}'" : node.Items is not null ? "a list" : node.Entries is not null ? "a map" : "nothing")}, expected {expected}");

    private T Wrong<T>(ConfigurationNode node, string expected, T instead)
    {
        Wrong(node, expected);
        return instead;
    }

    // Levenshtein distance, two rows.
    private static int Distance(string first, string second)
    {
        var row = Enumerable.Range(0, second.Length + 1).ToArray();
        for (var i = 1; i <= first.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= second.Length; j++)
            {
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (first[i - 1] == second[j - 1] ? 0 : 1)));
            }
        }

        return row[^1];
    }
}
