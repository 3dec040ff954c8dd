using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace WorkerManagement.Cli.Importing;

/// <summary>A configuration in the making, and what could not be carried over.</summary>
internal sealed class Imported
{
    private readonly List<(string Name, List<(string Key, string Value)> Keys)> _workers = [];
    private readonly List<string> _lost = [];

    /// <summary>What could not be carried over, each in a sentence with what to do instead.</summary>
    public IReadOnlyList<string> Lost => _lost;

    public int Count => _workers.Count;

    /// <summary>Begins a worker under a name that is usable here.</summary>
    public string Begin(string name)
    {
        var usable = new string([.. name.Select(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or '@' ? character : '-')]).TrimStart('.');
        usable = usable.Length == 0 ? "worker" : usable[..Math.Min(64, usable.Length)];
        for (var (number, stem) = (2, usable); _workers.Any(worker => worker.Name == usable); number++)
        {
            usable = $"{stem}_{number}";
        }

        if (usable != name)
        {
            Lose($"{name}: its name is '{usable}' now, as names here are of letters, digits, '-', '_', '.' and '@'");
        }

        _workers.Add((usable, []));
        return usable;
    }

    /// <summary>A key of the worker that was begun last; the value is YAML already.</summary>
    public void Set(string key, string yaml) => _workers[^1].Keys.Add((key, yaml));

    public void Text(string key, string value) => Set(key, Quote(value));

    public void Texts(string key, IEnumerable<string> values) => Set(key, List(values));

    public void Map(string key, IEnumerable<KeyValuePair<string, string>> values)
    {
        var pairs = values.Select(pair => $"{Quote(pair.Key)}: {Quote(pair.Value)}").ToArray();
        if (pairs.Length > 0)
        {
            Set(key, $"{{ {string.Join(", ", pairs)} }}");
        }
    }

    public void Lose(string what)
    {
        if (!_lost.Contains(what))
        {
            _lost.Add(what);
        }
    }

    /// <summary>The configuration.</summary>
    public string Write(string from)
    {
        var yaml = new StringBuilder($"# from {from}, by workers import\nworkers:\n");
        foreach (var (name, keys) in _workers)
        {
            yaml.Append(null, $"  {name}:\n");
            foreach (var (key, value) in keys)
            {
                yaml.Append(null, $"    {key}: {value}\n");
            }
        }

        return yaml.ToString().TrimEnd('\n');
    }

    public static string List(IEnumerable<string> values) => $"[{string.Join(", ", values.Select(Quote))}]";

    /// <summary>A text that YAML takes for nothing else.</summary>
    public static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    /// <summary>Seconds as a duration of the configuration.</summary>
    public static string Seconds(double seconds) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Math.Round(seconds * 1000):0}ms");
}
