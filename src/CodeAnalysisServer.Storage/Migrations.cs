using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Storage;

/// <summary>One step to a version. A step that carries rows over says how; the others build the index again from the trees, which hold everything that is in it.</summary>
internal abstract record Migration(int To)
{
    /// <summary>Rows are carried over by that SQL; afterwards the tables are those of a new database of that version.</summary>
    public sealed record Carry(int To, string Sql) : Migration(To);

    /// <summary>Nothing is worth carrying over, and why.</summary>
    public sealed record Rebuild(int To, string Why) : Migration(To);
}

/// <summary>Brings an older database to this program's version: backed up before, in one transaction, and compared with a new database afterwards.</summary>
internal static class Migrations
{
    /// <summary>Every step, in order.</summary>
    public static IReadOnlyList<Migration> All { get; } =
    [
        new Migration.Rebuild(2, "full text and vectors are kept in another way"),
        new Migration.Carry(3, Tables.HistoryTables.Sql),
    ];

    /// <summary>Migrates; what was done, as told to people.</summary>
    /// <exception cref="InvalidOperationException">There is no room for a backup; nothing was changed.</exception>
    public static string Run(SqliteConnection connection, string dataDirectory, int from, IReadOnlyList<Migration> steps, string create, int version)
    {
        var backup = BackUp(connection, dataDirectory, from);
        // No effect inside a transaction; with it a dropped table takes along, row by row, what refers to it.
        connection.Run("PRAGMA foreign_keys = OFF");
        try
        {
            return Change(connection, backup, from, steps, create, version);
        }
        finally
        {
            connection.Run("PRAGMA foreign_keys = ON");
        }
    }

    private static string Change(SqliteConnection connection, string backup, int from, IReadOnlyList<Migration> steps, string create, int version)
    {
        var why = steps.Where(step => step.To > from).OfType<Migration.Rebuild>().FirstOrDefault()?.Why;
        if (why is null)
        {
            using var transaction = connection.BeginTransaction();
            try
            {
                foreach (var step in steps.OfType<Migration.Carry>().Where(step => step.To > from))
                {
                    connection.Run(step.Sql);
                }

                connection.Run($"PRAGMA user_version = {version}");
                why = Difference(connection, create) ?? (connection.Scalar("PRAGMA foreign_key_check") is null ? null : "rows refer to rows that are not there");
            }
            catch (SqliteException exception)
            {
                why = exception.Message;
            }

            if (why is null)
            {
                Note(connection, from, version, "rows carried over");
                transaction.Commit();
                return $"the index of version {from} was brought to version {version}; the old one is kept as '{backup}'";
            }

            transaction.Rollback();
        }

        using (var transaction = connection.BeginTransaction())
        {
            DropAll(connection);
            connection.Run($"{create} PRAGMA user_version = {version}");
            Note(connection, from, version, $"built again: {why}");
            transaction.Commit();
        }

        return $"the index of version {from} cannot be carried over to version {version} ({why}); it is built again from the trees, the old one is kept as '{backup}'";
    }

    /// <summary>How its tables differ from those that <paramref name="create"/> makes; null when they are the same.</summary>
    public static string? Difference(SqliteConnection connection, string create)
    {
        using var fresh = new SqliteConnection("Data Source=:memory:");
        fresh.Open();
        fresh.Run(create);
        var (there, wanted) = (Shape(connection), Shape(fresh));
        return wanted.Except(there).Select(missing => $"'{missing.Name}' is not as it should be").Concat(there.Except(wanted).Select(surplus => $"'{surplus.Name}' is too much")).FirstOrDefault();
    }

    private static void Note(SqliteConnection connection, int from, int version, string how) =>
        connection.Run("INSERT INTO schema_history (version, from_version, at, how) VALUES ($1, $2, $3, $4)", version, from, DateTimeOffset.UtcNow.ToString("O", System.Globalization.CultureInfo.InvariantCulture), how);

    private static string BackUp(SqliteConnection connection, string dataDirectory, int from)
    {
        try
        {
            return Backups.Make(connection, dataDirectory, DateTimeOffset.UtcNow);
        }
        catch (Exception exception) when (exception is SqliteException or IOException)
        {
            throw new InvalidOperationException($"the index of version {from} cannot be backed up before it is changed ({exception.Message}); make room in '{dataDirectory}', or remove the index, which is then built again", exception);
        }
    }

    // What SQLite and its full-text tables make for themselves is theirs.
    private static HashSet<(string Name, string Sql)> Shape(SqliteConnection connection) => [.. connection.Rows(
        "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')",
        row => (row.GetString(0), string.Join(' ', row.GetString(1).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))))];

    private static void DropAll(SqliteConnection connection)
    {
        // A trigger could reach a table that has gone; a virtual table takes its shadow tables along.
        foreach (var (type, name) in connection.Rows(
            "SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'view', 'table') AND name NOT LIKE 'sqlite_%' AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow') ORDER BY type = 'table', sql LIKE 'CREATE VIRTUAL%' DESC",
            row => (row.GetString(0), row.GetString(1))))
        {
            connection.Run($"DROP {type} \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
        }
    }
}
