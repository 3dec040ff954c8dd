using Microsoft.Data.Sqlite;

namespace CodeAnalysisServer.SqliteQueue.Sessions;

/// <summary>Statements of one connection, prepared once. Not thread-safe.</summary>
internal sealed class PreparedStatements(SqliteConnection database) : IDisposable
{
    private const int Most = 64;

    private readonly Dictionary<string, PreparedStatement> _statements = [];

    /// <summary>The statement of that text.</summary>
    /// <exception cref="SqliteException">It is wrong, or not allowed.</exception>
    public PreparedStatement this[string sql]
    {
        get
        {
            if (!_statements.TryGetValue(sql, out var statement))
            {
                if (_statements.Count == Most)
                {
                    Dispose();
                }

                _statements[sql] = statement = new(database, sql);
            }

            return statement;
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        _statements.Clear();
    }
}
