using System.Globalization;
using System.Text.Json;

namespace CodeAnalysisServer.Operations;

/// <summary>The arguments of one call, checked against the operation's parameters. Immutable.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, object> _values = [];

    /// <summary>From JSON values, as MCP sends them. A number or a flag may come as text.</summary>
    /// <exception cref="RefusedException">One is unknown, missing, of the wrong kind or out of bounds.</exception>
    public static Arguments From(Operation operation, IEnumerable<KeyValuePair<string, JsonElement>>? given) =>
        new(operation, [.. (given ?? []).Where(argument => argument.Value.ValueKind is not JsonValueKind.Null).Select(argument =>
            KeyValuePair.Create(argument.Key, argument.Value.ValueKind switch
            {
                JsonValueKind.String => argument.Value.GetString()!,
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => argument.Value.GetRawText(),
                _ => throw new RefusedException(Refusal.Invalid, $"'{argument.Key}' is neither text nor a number nor true or false"),
            }))]);

    /// <summary>From text, as a query string or a command line has it.</summary>
    /// <exception cref="RefusedException">As for JSON.</exception>
    public static Arguments From(Operation operation, IEnumerable<KeyValuePair<string, string>> given) => new(operation, [.. given]);

    private Arguments(Operation operation, IReadOnlyList<KeyValuePair<string, string>> given)
    {
        foreach (var (name, text) in given)
        {
            var parameter = operation.Parameters.FirstOrDefault(known => known.Name == name || known.QueryName == name)
                ?? throw new RefusedException(Refusal.Invalid, $"'{operation.Name}' has no argument '{name}'; it takes {(operation.Parameters.Count == 0 ? "none" : string.Join(", ", operation.Parameters.Select(known => known.Name)))}");
            _values[parameter.Name] = Check(parameter, text);
        }

        if (operation.Parameters.FirstOrDefault(parameter => parameter.Required && !_values.ContainsKey(parameter.Name)) is { } missing)
        {
            throw new RefusedException(Refusal.Invalid, $"give {Names(missing)}: {missing.Description}");
        }

        foreach (var parameter in operation.Parameters)
        {
            if (parameter is Parameter.Whole { Default: var number })
            {
                _values.TryAdd(parameter.Name, number);
            }
            else if (parameter is Parameter.Flag { Default: var flag })
            {
                _values.TryAdd(parameter.Name, flag);
            }
        }
    }

    /// <summary>A text that must be there.</summary>
    public string Text(string name) => (string)_values[name];

    /// <summary>A text that may be there.</summary>
    public string? TextOrNull(string name) => _values.GetValueOrDefault(name) as string;

    /// <summary>A number, or its default.</summary>
    public int Whole(string name) => (int)(long)_values[name];

    /// <summary>A flag, or its default.</summary>
    public bool Flag(string name) => (bool)_values[name];

    private static string Names(Parameter parameter) => parameter.QueryName is { } query ? $"'{parameter.Name}' (?{query}= over HTTP)" : $"'{parameter.Name}'";

    private static object Check(Parameter parameter, string text)
    {
        switch (parameter)
        {
            case Parameter.Text when text.Contains('\0', StringComparison.Ordinal):
                throw new RefusedException(Refusal.Invalid, $"{Names(parameter)} holds a NUL character, which no path and no code has; leave it out");
            case Parameter.Text words:
                return string.IsNullOrWhiteSpace(text) || text.Length > words.Longest
                    ? throw new RefusedException(Refusal.Invalid, $"{Names(parameter)} has {text.Length} characters, or only blanks; give 1 to {words.Longest}: {parameter.Description}")
                    : words.OneOf?.Contains(text) == false ? throw new RefusedException(Refusal.Invalid, $"{Names(parameter)} is '{text}'; give one of {string.Join(", ", words.OneOf)}")
                    : text;
            case Parameter.Whole bounds:
                return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= bounds.Least && number <= bounds.Most
                    ? number
                    : throw new RefusedException(Refusal.Invalid, $"{Names(parameter)} is '{text}'; give a whole number from {bounds.Least} to {bounds.Most}");
            case Parameter.Flag:
                return bool.TryParse(text, out var flag) ? flag : throw new RefusedException(Refusal.Invalid, $"{Names(parameter)} is '{text}'; give true or false");
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
