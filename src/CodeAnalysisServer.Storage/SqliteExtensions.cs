using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.Storage;

/// <summary>Short forms.</summary>
public static class SqliteExtensions
{
    /// <summary>A command with its parameters $1, $2 …</summary>
    public static SqliteCommand Command(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> arguments)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < arguments.Length; i++)
        {
            command.Parameters.AddWithValue($"${i + 1}", arguments[i] ?? DBNull.Value);
        }

        return command;
    }

    /// <summary>Executes; the number of rows changed.</summary>
    public static int Run(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> arguments)
    {
        using var command = connection.Command(sql, arguments);
        return command.ExecuteNonQuery();
    }

    /// <summary>The first value of the first row.</summary>
    public static object? Scalar(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> arguments)
    {
        using var command = connection.Command(sql, arguments);
        return command.ExecuteScalar();
    }

    /// <summary>Each row, made by <paramref name="make"/>.</summary>
    public static List<T> Rows<T>(this SqliteConnection connection, string sql, Func<SqliteDataReader, T> make, params ReadOnlySpan<object?> arguments)
    {
        using var command = connection.Command(sql, arguments);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(make(reader));
        }

        return rows;
    }
}
