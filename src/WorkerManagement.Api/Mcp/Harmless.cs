using System.Text.Json;
using System.Text.Json.Nodes;

namespace WorkerManagement.Api.Mcp;

// What workers wrote goes to an assistant, and often from there to a terminal: nothing of it may act there, and no single text may fill
// the assistant's memory. Done in one place, for every text of every answer. Pure.

/// <summary>Texts that nobody vouches for, made harmless and bounded.</summary>
internal static class Harmless
{
    /// <summary>A text ends after so many characters.</summary>
    public const int LongestText = 2000;

    /// <summary>Lists of lines take so many characters together.</summary>
    public const int MostCharacters = 40_000;

    /// <summary>The same object, with harmless texts.</summary>
    public static JsonObject Of(JsonObject json) => (JsonObject)Any(json)!;

    /// <summary>The same text without what acts on a terminal.</summary>
    public static string Of(string text, int longest = LongestText)
    {
        if (text.Length > longest)
        {
            var end = char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest;
            text = $"{text.AsSpan(0, end)}… ({text.Length - end} more characters)";
        }

        return ForTerminal.Plain(text, '\t', '\n');
    }

    /// <summary>How many of the newest fit.</summary>
    /// <param name="lengths">Of the texts, the newest last.</param>
    public static int NewestThatFit(IReadOnlyList<int> lengths)
    {
        var (count, sum) = (0, 0);
        while (count < lengths.Count && (sum += Math.Min(lengths[^(count + 1)], LongestText)) <= MostCharacters)
        {
            count++;
        }

        return count;
    }

    private static JsonNode? Any(JsonNode? node) => node switch
    {
        JsonObject one => new JsonObject(one.Select(part => KeyValuePair.Create(part.Key, Any(part.Value)))),
        JsonArray many => new JsonArray([.. many.Select(Any)]),
        // A text of several lines was put together here, of lines that were bounded there.
        JsonValue value when value.GetValueKind() is JsonValueKind.String && value.GetValue<string>() is var text => Of(text, text.Contains('\n', StringComparison.Ordinal) ? 2 * MostCharacters : LongestText),
        _ => node?.DeepClone(),
    };
}
