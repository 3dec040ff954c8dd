using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Storage.Sqlite;

/// <summary>SQLite's: FTS5 and its bm25, PRAGMAs.</summary>
internal sealed class SqliteDialect : Dialect
{
    // Weights of the columns: the text as it stands, the parts of its identifiers.
    private const string Rank = "SELECT rowid, bm25(chunk_text, 1.0, 1.0) FROM chunk_text WHERE chunk_text MATCH $1 ORDER BY 2, rowid LIMIT $2";

    private static readonly FullTextSyntax Fts5 = new((text, begun) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"{(begun ? "*" : "")}", " AND ", " OR ");

    private const int Corrupt = 11, NotADatabase = 26;

    private SqliteDialect()
    {
    }

    public static SqliteDialect Instance { get; } = new();

    public override string RebuildFullText => "INSERT INTO chunk_text (chunk_text) VALUES ('rebuild')";

    public override int VersionOf(DbConnection connection) => Convert.ToInt32(connection.Scalar("PRAGMA user_version"), System.Globalization.CultureInfo.InvariantCulture);

    public override string SameLetters(string column, string parameter) => $"{column} = {parameter} COLLATE NOCASE";

    public override (string Condition, string Argument) HasWord(string parameter, string name) =>
        ($"c.id IN (SELECT rowid FROM chunk_text WHERE chunk_text MATCH {parameter})", $"text : \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");

    public override (long Missing, long Surplus) FullTextGaps(DbConnection reading) => (
        (long)reading.Scalar("SELECT count(*) FROM chunks WHERE id NOT IN (SELECT id FROM chunk_text_docsize)")!,
        (long)reading.Scalar("SELECT count(*) FROM chunk_text_docsize WHERE id NOT IN (SELECT id FROM chunks)")!);

    // A table that belongs to a full-text index is looked at as one of its own too.
    public override IReadOnlyList<string> TablesOfPages(DbConnection reading) => reading.Rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name", row => row.GetString(0));

    public override IReadOnlyList<string> FaultsIn(DbConnection reading, string table)
    {
        try
        {
            return [.. reading.Rows($"PRAGMA integrity_check(\"{table.Replace("\"", "\"\"", StringComparison.Ordinal)}\")", row => row.GetString(0)).Where(line => line != "ok")];
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is Corrupt or NotADatabase)
        {
            return [exception.Message];
        }
    }

    // Not BEGIN IMMEDIATE, which would write.
    public override DbTransaction BeginReading(DbConnection connection) => ((SqliteConnection)connection).BeginTransaction(deferred: true);

    internal override List<(long Id, double Score)> WithAll(DbConnection connection, string query, bool begun, int limit) => FullTextQuery.All(query, begun, Fts5) is { } expression ? Ranked(connection, expression, limit) : [];

    internal override List<(long Id, double Score)> WithAny(DbConnection connection, IReadOnlyCollection<(string Stem, long Chunks)> stems, int limit) =>
        stems.Count == 0 ? [] : Ranked(connection, FullTextQuery.Any(stems.Select(stem => stem.Stem), Fts5), limit);

    internal override long Frequency(DbConnection connection, string stem)
    {
        connection.Run("CREATE VIRTUAL TABLE IF NOT EXISTS temp.words_of_chunks USING fts5vocab(main, chunk_text, row)");
        return FullTextQuery.IsBeginning(stem)
            ? (long)connection.Scalar("SELECT coalesce(sum(doc), 0) FROM temp.words_of_chunks WHERE term >= $1 AND term < $2", stem, stem + "\U0010FFFF")!
            : (long)connection.Scalar("SELECT coalesce(sum(doc), 0) FROM temp.words_of_chunks WHERE term = $1", stem)!;
    }

    private static List<(long Id, double Score)> Ranked(DbConnection connection, string expression, int limit) => connection.Rows(Rank, row => (row.GetInt64(0), -row.GetDouble(1)), expression, limit);
}
