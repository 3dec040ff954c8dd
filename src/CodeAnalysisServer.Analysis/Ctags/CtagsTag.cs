using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodeAnalysisServer.Analysis.Ctags;

/// <summary>A line of ctags' JSON output. What it stands for is in <see cref="Type"/>: program, tag, error, completed.</summary>
internal sealed record CtagsTag(
    [property: JsonPropertyName("_type")] string? Type,
    string? Name,
    string? Language,
    int Line,
    int? End,
    string? Kind,
    string? Scope,
    string? Signature,
    string? Typeref,
    string? Inherits,
    string? Roles,
    string? Message)
{
    /// <summary>Null when the line is no JSON: ctags could not say a name that is not UTF-8.</summary>
    public static CtagsTag? TryParse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, CtagsJson.Default.CtagsTag);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(CtagsTag))]
[JsonSerializable(typeof(CtagsRequest))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(TextOrNothing)])]
internal sealed partial class CtagsJson : JsonSerializerContext;

/// <summary>A field without a value is <c>false</c> in some languages (a Python class that inherits nothing): taken as not there.</summary>
internal sealed class TextOrNothing : JsonConverter<string?>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }

        reader.Skip();
        return null;
    }

    public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}

/// <summary>What ctags is asked: the text of <see cref="Size"/> bytes follows.</summary>
internal sealed record CtagsRequest(string Command, string Filename, int Size);
