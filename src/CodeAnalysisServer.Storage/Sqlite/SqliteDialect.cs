using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Storage.Sqlite;

/// <summary>SQLite's: FTS5 and its bm25, PRAGMAs.</summary>
internal sealed class SqliteDialect : Dialect
{
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

    internal override List<(long Id, double Score)> WithAll(DbConnection connection, string query, bool begun, int limit) =>
        FullTextQuery.All(query, begun, Fts5) is { } expression ? Bm25.Of(connection, expression, Bm25.MostWithAll(connection, query, begun), query.Trim(), limit) : [];

    internal override List<(long Id, double Score)> WithAny(DbConnection connection, IReadOnlyCollection<(string Stem, long Chunks)> stems, int limit) =>
        stems.Count == 0 ? [] : Bm25.Of(connection, FullTextQuery.Any(stems.Select(stem => stem.Stem), Fts5), stems.Count == 1 ? stems.First().Chunks : 0, "", limit);

    internal override long Frequency(DbConnection connection, string stem) => Bm25.Frequency(connection, stem, FullTextQuery.IsBeginning(stem));
}
