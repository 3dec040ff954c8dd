using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Analysis.Queries;

/// <summary>Which files may use a name: those whose text has it, by the full-text index.</summary>
internal static class Candidates
{
    private const string Files = "SELECT DISTINCT f.path FROM chunks c JOIN files f ON f.id = c.file_id LEFT JOIN analyses a ON a.file_id = f.id WHERE f.root = $1 AND coalesce(a.language, '') IN (SELECT value FROM json_each($2)) AND ";

    /// <summary>Paths in order, of files in one of the languages.</summary>
    public static IReadOnlyList<string> Of(SqliteConnection connection, string root, string name, params IReadOnlyList<string> languages)
    {
        var known = "[" + string.Join(',', languages.Select(language => $"\"{language}\"")) + "]";
        // The tokenizer knows no other signs: a name without a letter is looked for in the text itself.
        var found = name.Any(char.IsLetterOrDigit)
            ? connection.Rows(Files + "c.id IN (SELECT rowid FROM chunk_text WHERE chunk_text MATCH $3)", row => row.GetString(0), root, known, $"text : \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")
            : connection.Rows(Files + "instr(c.text, $3) > 0", row => row.GetString(0), root, known, name);
        return [.. found.Order(StringComparer.Ordinal)];
    }

    /// <summary>The languages whose sources use each other's names.</summary>
    public static IReadOnlyList<string> Together(string language) => language switch
    {
        "C" or "C++" or "CUDA" => ["C", "C++", "CUDA"],
        "JavaScript" or "TypeScript" => ["JavaScript", "TypeScript"],
        "Java" or "Kotlin" or "Scala" => ["Java", "Kotlin", "Scala"],
        _ => [language],
    };
}
