using System.Data;
using System.Data.Common;
using System.Globalization;

namespace CodeAnalysisServer.Storage.Postgres;

/// <summary>
/// PostgreSQL's: tsvector and ts_rank. ts_rank knows how often a word is in a text and how long that is, as BM25 does, but not how rare the word
/// is: for any of several words each counts by its rarity, here.
/// </summary>
internal sealed class PostgresDialect : Dialect
{
    // All columns count the same; the 1 takes the logarithm of the length into account.
    private const string Weights = "'{1,1,1,1}'", ByLength = "1";

    private static readonly FullTextSyntax TsQuery = new((text, begun) => $"'{Plain(text)}'{(begun ? ":*" : "")}", " & ", " | ");

    private PostgresDialect()
    {
    }

    public static PostgresDialect Instance { get; } = new();

    public override string RebuildFullText => "REINDEX INDEX chunk_text";

    public override int VersionOf(DbConnection connection) => connection.Scalar("SELECT max(version) FROM schema_version") is long version ? (int)version : 0;

    public override string SameLetters(string column, string parameter) => $"lower({column}) = lower({parameter})";

    public override (string Condition, string Argument) HasWord(string parameter, string name) => ($"c.document @@ to_tsquery('simple', {parameter})", $"'{Plain(name)}':A");

    // Computed by the database with the row itself.
    public override (long Missing, long Surplus) FullTextGaps(DbConnection reading) => (0, 0);

    public override IReadOnlyList<string> TablesOfPages(DbConnection reading) => [];

    public override IReadOnlyList<string> FaultsIn(DbConnection reading, string table) => [];

    public override DbTransaction BeginReading(DbConnection connection) => connection.BeginTransaction(IsolationLevel.RepeatableRead);

    internal override List<(long Id, double Score)> WithAll(DbConnection connection, string query, bool begun, int limit) => FullTextQuery.All(query, begun, TsQuery) is not { } expression ? [] : connection.Rows(
        $"SELECT id, CAST(ts_rank({Weights}, document, to_tsquery('simple', $1), {ByLength}) AS float8) FROM chunks WHERE document @@ to_tsquery('simple', $1) ORDER BY 2 DESC, 1 LIMIT $2",
        Scored,
        expression,
        (long)limit);

    internal override List<(long Id, double Score)> WithAny(DbConnection connection, IReadOnlyCollection<(string Stem, long Chunks)> stems, int limit)
    {
        if (stems.Count == 0)
        {
            return [];
        }

        var all = Math.Max(connection.Scalar("SELECT CAST(reltuples AS float8) FROM pg_class WHERE oid = CAST('chunks' AS regclass)") as double? ?? 0, stems.Max(stem => stem.Chunks));
        var rank = string.Join(" + ", stems.Select((stem, place) => string.Create(CultureInfo.InvariantCulture,
            $"{Math.Log(1 + (all / stem.Chunks)):0.0000} * ts_rank({Weights}, document, to_tsquery('simple', ${place + 3}), {ByLength})")));
        return connection.Rows(
            $"SELECT id, CAST({rank} AS float8) FROM chunks WHERE document @@ to_tsquery('simple', $1) ORDER BY 2 DESC, 1 LIMIT $2",
            Scored,
            [FullTextQuery.Any(stems.Select(stem => stem.Stem), TsQuery), (long)limit, .. stems.Select(stem => FullTextQuery.Any([stem.Stem], TsQuery))]);
    }

    // No further than matters: beyond, a word is left out.
    internal override long Frequency(DbConnection connection, string stem) => (long)connection.Scalar(
        $"SELECT count(*) FROM (SELECT 1 FROM chunks WHERE document @@ to_tsquery('simple', $1) LIMIT {WordRanking.MostCandidates + 1}) AS found",
        FullTextQuery.Any([stem], TsQuery))!;

    private static (long Id, double Score) Scored(DbDataReader row) => (row.GetInt64(0), row.GetDouble(1));

    // As unsigned_text of the schema; what is left cannot end the quotes.
    private static string Plain(string text) => string.Create(text.Length, text, (into, from) =>
    {
        for (var i = 0; i < into.Length; i++)
        {
            into[i] = char.IsAscii(from[i]) && !char.IsAsciiLetterOrDigit(from[i]) ? ' ' : from[i];
        }
    });
}
