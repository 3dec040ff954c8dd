using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodeAnalysisServer.Storage;

/// <summary>Many texts as one parameter, read in SQL by <c>SELECT e.value ->> 0 FROM json_each($1) e</c>, which both databases understand.</summary>
public static class JsonColumn
{
    /// <summary>The parameter.</summary>
    public static string Of(IEnumerable<string> texts) => JsonSerializer.Serialize([.. texts.Select(text => (string[])[text])], ColumnJson.Default.StringArrayArray);
}

[JsonSerializable(typeof(string[][]))]
internal sealed partial class ColumnJson : JsonSerializerContext;
