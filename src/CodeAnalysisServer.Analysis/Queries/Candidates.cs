using System.Data.Common;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Analysis.Queries;

/// <summary>Which files may use a name: those whose text has it, by the full-text index.</summary>
internal static class Candidates
{
    private const string Files = "SELECT DISTINCT f.path FROM chunks c JOIN files f ON f.id = c.file_id LEFT JOIN analyses a ON a.file_id = f.id WHERE f.root = $1 AND coalesce(a.language, '') IN (SELECT l.value ->> 0 FROM json_each($2) l) AND ";

    /// <summary>Paths in order, of files in one of the languages.</summary>
    public static IReadOnlyList<string> Of(DbConnection connection, string root, string name, params IReadOnlyList<string> languages)
    {
        var known = JsonColumn.Of(languages);
        // The tokenizer knows no other signs: a name without a letter is looked for in the text itself.
        var (condition, argument) = name.Any(char.IsLetterOrDigit) ? Dialect.Of(connection).HasWord("$3", name) : ("instr(c.text, $3) > 0", name);
        var found = connection.Rows(Files + condition, row => row.GetString(0), root, known, argument);
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
