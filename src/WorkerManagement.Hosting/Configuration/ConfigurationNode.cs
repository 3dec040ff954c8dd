using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace WorkerManagement.Hosting.Configuration;

/// <summary>A piece of configuration, wherever it came from: a scalar, a list or a map, with where it stands for messages.</summary>
internal sealed record ConfigurationNode(string Place, string? Scalar, IReadOnlyList<ConfigurationNode>? Items, IReadOnlyList<KeyValuePair<string, ConfigurationNode>>? Entries)
{
    /// <summary>Reads a section of a host's configuration, which cannot tell an empty list or map from an empty text.</summary>
    public static ConfigurationNode From(IConfigurationSection section)
    {
        var children = section.GetChildren().ToArray();
        if (children.Length == 0)
        {
            return string.IsNullOrEmpty(section.Value) ? new(section.Path, section.Value, [], []) : new(section.Path, section.Value, null, null);
        }

        return children.Select((child, index) => child.Key == index.ToString(CultureInfo.InvariantCulture)).All(listed => listed)
            ? new(section.Path, null, [.. children.Select(From)], null)
            : new(section.Path, null, null, [.. children.Select(child => KeyValuePair.Create(child.Key, From(child)))]);
    }
}
