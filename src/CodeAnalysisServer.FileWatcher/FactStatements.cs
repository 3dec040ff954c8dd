using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.SqliteQueue;

namespace CodeAnalysisServer.FileWatcher;

/// <summary>What concerns one file's facts, as statements of the transaction that replaces its rows.</summary>
internal static class FactStatements
{
    private const string File = "(SELECT id FROM files WHERE root = $1 AND path = $2)";

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

    /// <summary>Notes who analysed a file, and what went wrong; the file's row is there already.</summary>
    public static IEnumerable<Statement> Analysed(string root, string path, FileFacts facts) =>
    [
        new($"INSERT INTO analyses (file_id, analyzer, language) VALUES ({File}, $3, $4) ON CONFLICT (file_id) DO UPDATE SET analyzer = excluded.analyzer, language = excluded.language", [root, path, facts.Analyzer, facts.Language]),
        .. facts.Errors.Select(error => Note(root, path, error)),
    ];
}
