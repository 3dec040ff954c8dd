using System.Globalization;
using WorkerManagement.Hosting.Configuration;

namespace WorkerManagement.Cli.Importing;

/// <summary>Looking into foreign YAML and JSON, of which only what is known is read.</summary>
internal static class Nodes
{
    public static ConfigurationNode? At(this ConfigurationNode node, params ReadOnlySpan<string> path)
    {
        var at = node;
        foreach (var key in path)
        {
            at = at?.Entries?.FirstOrDefault(entry => entry.Key == key).Value;
        }

        return at;
    }

    public static string? TextAt(this ConfigurationNode node, params ReadOnlySpan<string> path) => node.At(path)?.Scalar;

    public static double? NumberAt(this ConfigurationNode node, params ReadOnlySpan<string> path) =>
        double.TryParse(node.TextAt(path), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static bool IsTrue(this ConfigurationNode node, params ReadOnlySpan<string> path) => node.TextAt(path) is "true" or "yes" or "on";

    public static IEnumerable<string> TextsOf(ConfigurationNode? node) => node?.Items?.Select(item => item.Scalar).OfType<string>() ?? [];

    /// <summary>A map, or a list of <c>KEY=value</c>.</summary>
    public static IEnumerable<KeyValuePair<string, string>> PairsOf(ConfigurationNode? node) =>
        node?.Entries?.Where(entry => entry.Value.Scalar is not null).Select(entry => KeyValuePair.Create(entry.Key, entry.Value.Scalar!))
        ?? TextsOf(node).Select(text => text.Split('=', 2)).Where(pair => pair.Length == 2).Select(pair => KeyValuePair.Create(pair[0], pair[1]));
}
