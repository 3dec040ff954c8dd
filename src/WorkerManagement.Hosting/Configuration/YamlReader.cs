using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace WorkerManagement.Hosting.Configuration;

/// <summary>
/// YAML 1.2, of which JSON is a part, as nodes. Built from the parser's events, so that nesting and aliases are bounded: a file may
/// come from anywhere, and neither a deep nor a doubling one may take the process down.
/// </summary>
internal sealed class YamlReader
{
    private const int MaximumDepth = 32;
    private const int MaximumNodes = 1_000_000;

    private readonly Dictionary<AnchorName, (ConfigurationNode Node, int Size)> _anchors = [];
    private readonly string _file;
    private readonly IParser _parser;
    private int _nodes;

    private YamlReader(string text, string file) => (_file, _parser) = (file, new Parser(new StringReader(text)));

    /// <exception cref="WorkerManagementException">It is not YAML, or more than configuration needs.</exception>
    public static ConfigurationNode Read(string text, string file)
    {
        var reader = new YamlReader(text, file);
        try
        {
            return reader.Document();
        }
        catch (YamlException exception)
        {
            throw new WorkerManagementException($"{file}:{exception.Start.Line}: {exception.Message}", exception);
        }
        catch (InvalidOperationException exception)
        {
            // The parser's own stacks run empty on some texts.
            throw new WorkerManagementException($"{file}:{reader._parser.Current?.Start.Line ?? 1}: here or a line later this is not YAML any more", exception);
        }
    }

    private ConfigurationNode Document()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.TryConsume<DocumentStart>(out _))
        {
            return new(_file, null, null, []);
        }

        var root = Node("", 0);
        _parser.Consume<DocumentEnd>();
        return _parser.Current is DocumentStart second
            ? throw Refuse(second.Start, "a second document begins here; keep everything in one")
            : root is { Scalar: "" } ? root with { Scalar = null, Entries = [] } : root;
    }

    private ConfigurationNode Node(string path, int depth)
    {
        var next = _parser.Consume<ParsingEvent>();
        var start = next.Start;
        if (depth > MaximumDepth)
        {
            throw Refuse(start, $"nested deeper than {MaximumDepth} levels; no configuration needs that");
        }

        var place = $"{_file}:{start.Line}: {path.TrimStart(':')}";
        var before = _nodes++;
        if (next is AnchorAlias alias)
        {
            var (same, size) = _anchors.TryGetValue(alias.Value, out var known) ? known : throw Refuse(start, $"the alias '*{alias.Value}' has no anchor before it; define '&{alias.Value}' first");
            Count(size, start);
            return same;
        }

        var node = next switch
        {
            Scalar scalar => new ConfigurationNode(place, scalar.Value, null, null),
            SequenceStart => new(place, null, Items(path, depth), null),
            _ => new(place, null, null, Entries(path, depth)),
        };
        Count(0, start);
        if (next is NodeEvent { Anchor.IsEmpty: false } anchored)
        {
            _anchors[anchored.Anchor] = (node, _nodes - before);
        }

        return node;
    }

    private List<ConfigurationNode> Items(string path, int depth)
    {
        var items = new List<ConfigurationNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(Node($"{path}:{items.Count}", depth + 1));
        }

        return items;
    }

    private List<KeyValuePair<string, ConfigurationNode>> Entries(string path, int depth)
    {
        var entries = new List<KeyValuePair<string, ConfigurationNode>>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (!_parser.TryConsume<Scalar>(out var key))
            {
                throw Refuse(_parser.Current!.Start, "a key must be a text; write key: value");
            }

            entries.Add(KeyValuePair.Create(key.Value, Node($"{path}:{key.Value}", depth + 1)));
        }

        return entries;
    }

    private void Count(int more, Mark at)
    {
        _nodes += more;
        if (_nodes > MaximumNodes)
        {
            throw Refuse(at, $"more than {MaximumNodes} values, aliases written out; keep fewer in one file");
        }
    }

    private WorkerManagementException Refuse(Mark at, string why) => new($"{_file}:{at.Line}: {why}");
}
