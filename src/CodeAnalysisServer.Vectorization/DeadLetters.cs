using System.Data.Common;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.Vectorization;

/// <summary>A text that was given up, where it stands, and why.</summary>
public sealed record DeadLetter(string Model, string Root, string Path, int StartLine, string Reason, long Tries);

/// <summary>Texts that the model refuses. They are tried again when the text changes, with another model, or on command.</summary>
public static class DeadLetters
{
    /// <summary>All of them, with the first place where each stands.</summary>
    public static List<DeadLetter> All(DbConnection reading) => reading.Rows(
        "SELECT m.name, f.root, f.path, c.start_line, d.reason, d.tries FROM dead_letters d JOIN models m ON m.id = d.model_id JOIN chunks c ON c.id = (SELECT min(id) FROM chunks WHERE hash = d.hash) JOIN files f ON f.id = c.file_id ORDER BY f.root, f.path, c.start_line",
        row => new DeadLetter(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetString(4), row.GetInt64(5)));

    /// <summary>The statements with which all are tried again.</summary>
    public static IReadOnlyList<Statement> Retry { get; } =
    [
        new("INSERT INTO to_embed (hash) SELECT hash FROM dead_letters WHERE model_id = (SELECT max(id) FROM models) ON CONFLICT DO NOTHING", []),
        new("DELETE FROM dead_letters", []),
    ];
}
