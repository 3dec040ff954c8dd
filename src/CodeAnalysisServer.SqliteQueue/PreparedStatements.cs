using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>Statements of one connection, prepared once. Not thread-safe.</summary>
internal sealed class PreparedStatements(SqliteConnection database) : IDisposable
{
    private const int Most = 64;

    private readonly Dictionary<string, SqliteCommand> _commands = [];

    /// <summary>Executes; the number of rows changed.</summary>
    public int Run(string sql, IReadOnlyList<QueueValue> arguments)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            if (_commands.Count == Most)
            {
                Dispose();
            }

            _commands[sql] = command = database.Command(sql);
        }

        command.Parameters.Clear();
        for (var i = 0; i < arguments.Count; i++)
        {
            command.Parameters.AddWithValue($"${i + 1}", arguments[i].Value ?? DBNull.Value);
        }

        return command.ExecuteNonQuery();
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        _commands.Clear();
    }
}
