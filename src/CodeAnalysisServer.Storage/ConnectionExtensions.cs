using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace CodeAnalysisServer.Storage;

/// <summary>Short forms, for either database.</summary>
public static class ConnectionExtensions
{
    /// <summary>A command with its parameters $1, $2 …</summary>
    public static DbCommand Command(this DbConnection connection, string sql, params ReadOnlySpan<object?> arguments)
    {
        if (connection is NpgsqlConnection { State: not ConnectionState.Open } lost)
        {
            // Its server was away since it was used last.
            lost.Close();
            lost.Open();
        }

        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < arguments.Length; i++)
        {
            var parameter = command.CreateParameter();
            parameter.Value = arguments[i] ?? DBNull.Value;
            if (connection is SqliteConnection)
            {
                parameter.ParameterName = $"${i + 1}";
            }
            else
            {
                // By place in PostgreSQL, which is told each type: the readers' nulls are texts, and their numbers longs.
                parameter.DbType = arguments[i] switch { null or string => DbType.String, int or long => DbType.Int64, double => DbType.Double, bool => DbType.Boolean, _ => DbType.Binary };
            }

            command.Parameters.Add(parameter);
        }

        return command;
    }

    /// <summary>Executes; the number of rows changed.</summary>
    public static int Run(this DbConnection connection, string sql, params ReadOnlySpan<object?> arguments)
    {
        using var command = connection.Command(sql, arguments);
        return command.ExecuteNonQuery();
    }

    /// <summary>The first value of the first row.</summary>
    public static object? Scalar(this DbConnection connection, string sql, params ReadOnlySpan<object?> arguments)
    {
        using var command = connection.Command(sql, arguments);
        return command.ExecuteScalar();
    }

    /// <summary>Each row, made by <paramref name="make"/>.</summary>
    public static List<T> Rows<T>(this DbConnection connection, string sql, Func<DbDataReader, T> make, params ReadOnlySpan<object?> arguments)
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
