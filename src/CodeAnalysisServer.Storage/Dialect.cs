using System.Data.Common;
using CodeAnalysisServer.Storage.Postgres;
using CodeAnalysisServer.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Storage;

/// <summary>The little that has to be said in another way to each database; all other SQL is the same for both. Thread-safe.</summary>
public abstract class Dialect
{
    /// <summary>That of a connection.</summary>
    public static Dialect Of(DbConnection connection) => connection is SqliteConnection ? SqliteDialect.Instance : PostgresDialect.Instance;

    /// <summary>The version of the index; 0 when it is empty.</summary>
    public abstract int VersionOf(DbConnection connection);

    /// <summary>A condition: a name is another one, but for the case of its letters. An index finds it.</summary>
    public abstract string SameLetters(string column, string parameter);

    /// <summary>A condition on the text of the chunk <c>c</c>: it has this name, as far as the full-text index knows; and its argument.</summary>
    public abstract (string Condition, string Argument) HasWord(string parameter, string name);

    /// <summary>The statement, for the queue, that makes the full-text index anew.</summary>
    public abstract string RebuildFullText { get; }

    /// <summary>How many chunks the full-text index lacks, and how many it has too many.</summary>
    public abstract (long Missing, long Surplus) FullTextGaps(DbConnection reading);

    /// <summary>What is looked at by name for damaged pages; empty where the database is trusted with its own.</summary>
    public abstract IReadOnlyList<string> TablesOfPages(DbConnection reading);

    /// <summary>The faults of one table.</summary>
    public abstract IReadOnlyList<string> FaultsIn(DbConnection reading, string table);

    /// <summary>Begins to read: all that follows sees the same rows.</summary>
    public abstract DbTransaction BeginReading(DbConnection connection);

    /// <summary>The best chunks, each of which has every word (or one that begins so), with their scores, higher is better.</summary>
    internal abstract List<(long Id, double Score)> WithAll(DbConnection connection, string query, bool begun, int limit);

    /// <summary>The best chunks, each of which has any of the stems, the rarer ones counting more.</summary>
    internal abstract List<(long Id, double Score)> WithAny(DbConnection connection, IReadOnlyCollection<(string Stem, long Chunks)> stems, int limit);

    /// <summary>About how many chunks have the stem.</summary>
    internal abstract long Frequency(DbConnection connection, string stem);
}
