using System.Text.Json;

namespace CodeAnalysisServer.Command;

/// <summary>The verbs that ask how code hangs together.</summary>
internal static class RelationVerbs
{
    public static Task<int> UsagesAsync(string data, Output output, string name, int limit, string? cursor, CancellationToken cancellationToken) =>
        AskAsync(data, output, "find_usages", "usages", usage => $"{Place(usage)}:{usage.GetProperty("column")}  {Snippet(usage)}  ({usage.GetProperty("why").GetString()})", cancellationToken, ("entity", name), ("limit", $"{limit}"), ("cursor", cursor));

    /// <summary>Both directions of calls; <paramref name="operation"/> says which.</summary>
    public static Task<int> CallsAsync(string operation, string data, Output output, string name, int limit, string? cursor, CancellationToken cancellationToken) =>
        AskAsync(data, output, operation, "calls", call => $"{call.GetProperty("name").GetString()}  {call.GetProperty("count")}×  {Place(call)}  {Snippet(call)}  ({call.GetProperty("why").GetString()})", cancellationToken, ("entity", name), ("limit", $"{limit}"), ("cursor", cursor));

    public static Task<int> DependenciesAsync(string data, Output output, string? name, string? path, CancellationToken cancellationToken) =>
        AskAsync(data, output, "find_dependencies", "dependencies", one => $"{one.GetProperty("kind").GetString()} {one.GetProperty("name").GetString()}  {one.GetProperty("count")}×  {Place(one)}  {Snippet(one)}  ({one.GetProperty("why").GetString()})", cancellationToken, ("entity", name), ("path", path));

    private static async Task<int> AskAsync(string data, Output output, string operation, string list, Func<JsonElement, string> line, CancellationToken cancellationToken, params (string Name, string? Value)[] arguments)
    {
        using var asking = await Asking.OpenAsync(data, cancellationToken).ConfigureAwait(false);
        var answer = await asking.AskAsync(operation, cancellationToken, arguments).ConfigureAwait(false);
        if (output.Json)
        {
            Output.Write(answer);
            return 0;
        }

        foreach (var one in answer.GetProperty(list).EnumerateArray())
        {
            output.Line(line(one));
        }

        foreach (var note in answer.GetProperty("notes").EnumerateArray())
        {
            Output.Note(note.GetString()!);
        }

        Output.Foot(answer, list, asking.By);
        return 0;
    }

    private static string Place(JsonElement one) => $"{one.GetProperty("path").GetString()}:{one.GetProperty("start_line")}";

    private static string Snippet(JsonElement one) => one.GetProperty("snippet").GetString()!.ReplaceLineEndings(" ").Trim();
}
