using Microsoft.Extensions.Configuration;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace WorkerManagement.Hosting.Configuration;

/// <summary>A piece of configuration, wherever it came from: a scalar, a list or a map, with where it stands for messages.</summary>
internal sealed record ConfigurationNode(string Place, string? Scalar, IReadOnlyList<ConfigurationNode>? Items, IReadOnlyList<KeyValuePair<string, ConfigurationNode>>? Entries)
{
    /// <summary>Reads YAML 1.2, of which JSON is a part.</summary>
    /// <exception cref="WorkerManagementException">It is not YAML.</exception>
    public static ConfigurationNode FromYaml(string text, string file)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents.Count == 0 ? new(file, null, null, []) : From(stream.Documents[0].RootNode, file, "");
        }
        catch (YamlException exception)
        {
            throw new WorkerManagementException($"{file}:{exception.Start.Line}: {exception.Message}", exception);
        }
    }

    /// <summary>Reads a section of a host's configuration.</summary>
    public static ConfigurationNode FromConfiguration(IConfigurationSection section)
    {
        var children = section.GetChildren().ToArray();
        if (children.Length == 0)
        {
            return new(section.Path, section.Value, null, null);
        }

        return children.Select((child, index) => child.Key == index.ToString(System.Globalization.CultureInfo.InvariantCulture)).All(listed => listed)
            ? new(section.Path, null, [.. children.Select(FromConfiguration)], null)
            : new(section.Path, null, null, [.. children.Select(child => KeyValuePair.Create(child.Key, FromConfiguration(child)))]);
    }

    private static ConfigurationNode From(YamlNode node, string file, string path)
    {
        var place = $"{file}:{node.Start.Line}: {path.TrimStart(':')}";
        return node switch
        {
            YamlScalarNode scalar => new(place, scalar.Value, null, null),
            YamlSequenceNode list => new(place, null, [.. list.Children.Select((child, index) => From(child, file, $"{path}:{index}"))], null),
            YamlMappingNode map => new(place, null, null, [.. map.Children.Select(pair => KeyValuePair.Create(((YamlScalarNode)pair.Key).Value ?? "", From(pair.Value, file, $"{path}:{pair.Key}")))]),
            _ => throw new WorkerManagementException($"{place}: aliases are not supported; write the value out"),
        };
    }
}
