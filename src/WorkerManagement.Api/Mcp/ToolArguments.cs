using System.Globalization;
using System.Text.Json;

namespace WorkerManagement.Api.Mcp;

/// <summary>The arguments of one call, checked against the tool's parameters. Immutable.</summary>
internal sealed class ToolArguments
{
    private readonly Dictionary<string, object> _values = [];

    /// <summary>A number or a flag may come as text: some clients send all as text.</summary>
    /// <exception cref="BadQueryException">One is unknown, missing, of the wrong kind or out of bounds.</exception>
    public ToolArguments(ToolDefinition tool, JsonElement given)
    {
        if (given.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null or JsonValueKind.Undefined))
        {
            throw new BadQueryException("the arguments are one JSON object");
        }

        foreach (var argument in given.ValueKind is JsonValueKind.Object ? given.EnumerateObject() : default)
        {
            var (name, value) = (argument.Name, argument.Value);
            var parameter = tool.Parameters.FirstOrDefault(known => known.Name == name)
                ?? throw new BadQueryException($"'{tool.Name}' has no argument '{name}'; it takes {(tool.Parameters.Count == 0 ? "none" : string.Join(", ", tool.Parameters.Select(known => known.Name)))}");
            if (value.ValueKind is not JsonValueKind.Null)
            {
                _values[name] = Check(parameter, value);
            }
        }

        if (tool.Parameters.FirstOrDefault(parameter => parameter.Required && !_values.ContainsKey(parameter.Name)) is { } missing)
        {
            throw new BadQueryException($"give '{missing.Name}': {missing.Description}");
        }

        foreach (var whole in tool.Parameters.OfType<ToolParameter.Whole>())
        {
            _values.TryAdd(whole.Name, whole.Default);
        }
    }

    /// <summary>A text that must be there.</summary>
    public string Text(string name) => (string)_values[name];

    /// <summary>A text that may be there.</summary>
    public string? TextOrNull(string name) => _values.GetValueOrDefault(name) as string;

    /// <summary>A number, or its default.</summary>
    public int Whole(string name) => (int)_values[name];

    /// <summary>A flag, or false.</summary>
    public bool Flag(string name) => _values.GetValueOrDefault(name) is true;

    /// <summary>A moment that may be there.</summary>
    /// <exception cref="BadQueryException">It is none.</exception>
    public DateTimeOffset? Moment(string name) => Asked.Moment(name, TextOrNull(name));

    private static object Check(ToolParameter parameter, JsonElement value)
    {
        var text = value.ValueKind is JsonValueKind.String ? value.GetString()! : value.GetRawText();
        return parameter switch
        {
            ToolParameter.Text { OneOf: { } values } => values.Contains(text) ? text : throw Wrong("one of " + string.Join(", ", values)),
            ToolParameter.Text => value.ValueKind is JsonValueKind.String && text.Length <= ToolParameter.Text.Longest && !string.IsNullOrWhiteSpace(text) ? text : throw Wrong($"text of 1 to {ToolParameter.Text.Longest} characters"),
            ToolParameter.Whole whole => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= whole.Least && number <= whole.Most ? number : throw Wrong($"a whole number from {whole.Least} to {whole.Most}"),
            ToolParameter.Flag => bool.TryParse(text, out var flag) ? flag : throw Wrong("true or false"),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

        BadQueryException Wrong(string expected) => new($"'{parameter.Name}' is {(text.Length > 60 ? "too long or of the wrong kind" : $"'{text}'")}; give {expected}");
    }
}
