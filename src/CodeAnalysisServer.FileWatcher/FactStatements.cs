using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>A file's facts as statements of the transaction that replaces its rows. All rows of a kind go in one statement, as JSON.</summary>
internal static class FactStatements
{
    private const string File = "(SELECT id FROM files WHERE root = $1 AND path = $2)";

    private static readonly string First = $"{File} << {EntityIds.Shift}";

    /// <summary>Removes what was known of a file.</summary>
    public static IEnumerable<Statement> Drop(string root, string path) =>
    [
        new($"DELETE FROM entities WHERE file_id = {File}", [root, path]),
        new($"DELETE FROM imports WHERE file_id = {File}", [root, path]),
    ];

    /// <summary>Removes a file's errors.</summary>
    public static Statement Forgive(string root, string path) => new("DELETE FROM indexing_errors WHERE root = $1 AND path = $2", [root, path]);

    /// <summary>Notes what went wrong with a file.</summary>
    public static Statement Note(string root, string path, AnalysisError error) => new(
        "INSERT INTO indexing_errors (root, path, stage, message, time) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (root, path, stage) DO UPDATE SET message = excluded.message, time = excluded.time WHERE indexing_errors.message <> excluded.message",
        [root, path, error.Stage, error.Message, TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture)]);

    /// <summary>Adds what is known now; the file's row is there already.</summary>
    public static IEnumerable<Statement> Add(string root, string path, FileFacts facts)
    {
        yield return new($"INSERT INTO analyses (file_id, analyzer, language) VALUES ({File}, $3, $4) ON CONFLICT (file_id) DO UPDATE SET analyzer = excluded.analyzer, language = excluded.language", [root, path, facts.Analyzer, facts.Language]);
        if (facts.Entities.Count > 0)
        {
            yield return new(
                $"""
                INSERT INTO entities (id, file_id, parent_id, kind, name, qualified_name, signature, doc, start_line, end_line, complexity, lines, language)
                SELECT ({First}) + e.key, {File}, ({First}) + {Number(0)}, e.value ->> 1, e.value ->> 2, e.value ->> 3, e.value ->> 4, e.value ->> 5, {Number(6)}, {Number(7)}, {Number(8)},
                {Number(7)} - {Number(6)} + 1, $4 FROM json_each($3) e
                """,
                [root, path, Json([.. facts.Entities.Select(entity => (object?[])[entity.Parent, entity.Kind, entity.Name, entity.QualifiedName, entity.Signature, entity.Doc, entity.StartLine, entity.EndLine, entity.Complexity])]), facts.Language ?? ""]);
        }

        if (facts.Imports.Count > 0)
        {
            yield return new($"INSERT INTO imports (file_id, position, line, target) SELECT {File}, e.key, {Number(0)}, e.value ->> 1 FROM json_each($3) e", [root, path, Json([.. facts.Imports.Select(import => (object?[])[import.Line, import.Target])])]);
        }

        if (facts.Bases.Count > 0)
        {
            yield return new($"INSERT INTO bases (entity_id, position, name, simple_name) SELECT ({First}) + {Number(0)}, e.key, e.value ->> 1, e.value ->> 2 FROM json_each($3) e", [root, path, Json([.. facts.Bases.Select(of => (object?[])[of.Entity, of.Name, of.SimpleName])])]);
        }

        foreach (var error in facts.Errors)
        {
            yield return Note(root, path, error);
        }
    }

    private static string Number(int place) => $"CAST(e.value ->> {place} AS BIGINT)";

    private static string Json(object?[][] rows) => JsonSerializer.Serialize(rows, FactJson.Plain.ObjectArrayArray);
}

[JsonSerializable(typeof(object?[][]))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(string))]
internal sealed partial class FactJson : JsonSerializerContext
{
    public static FactJson Plain { get; } = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
