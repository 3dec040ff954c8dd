using CodeAnalysisServer.SqliteQueue.Wire;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CodeAnalysisServer.SqliteQueue.Sessions;

/// <summary>One statement of one connection, prepared once, bound from the bytes of a frame. Not thread-safe.</summary>
internal sealed class PreparedStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly string[] _names;

    // By position from 1: the parameter's index in SQLite, which counts $1 and $2 by their first appearance.
    private readonly Dictionary<int, int> _positions = [];

    public PreparedStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle!;
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v3(_database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement, out var rest), _database);
        if (_statement.IsInvalid || !string.IsNullOrWhiteSpace(rest?.TrimStart(';')))
        {
            _statement.Dispose();
            throw new InvalidOperationException("a statement's text holds exactly one SQL statement; send the others as statements of their own beside it");
        }

        _names = new string[raw.sqlite3_bind_parameter_count(_statement)];
        for (var i = 0; i < _names.Length; i++)
        {
            var name = raw.sqlite3_bind_parameter_name(_statement, i + 1).utf8_to_string() ?? "";
            _names[i] = name.TrimStart('$', ':', '@', '?');
            _positions[int.TryParse(_names[i], out var position) ? position : i + 1] = i + 1;
        }
    }

    /// <summary>Whether it changes nothing in the database.</summary>
    public bool Reads => raw.sqlite3_stmt_readonly(_statement) != 0;

    /// <summary>Takes its values from the frame.</summary>
    public void Bind(ref Unpacker reader)
    {
        var named = reader.Byte() != 0;
        var count = reader.Count();
        var bound = 0;
        for (var i = 1; i <= count; i++)
        {
            if (named)
            {
                var name = reader.Text();
                var index = Array.IndexOf(_names, name.TrimStart('$', ':', '@'));
                if (index < 0)
                {
                    throw new InvalidOperationException($"the statement has no parameter '{name}'; it has {string.Join(", ", _names.Select(known => $"'{known}'"))}");
                }

                Bind(index + 1, ref reader);
                bound++;
            }
            else if (_positions.TryGetValue(i, out var index))
            {
                Bind(index, ref reader);
                bound++;
            }
            else
            {
                reader.Skip();
            }
        }

        if (bound < _names.Length)
        {
            throw new InvalidOperationException($"the statement has {_names.Length} parameters, but only {bound} have a value; give each one (null is a value)");
        }
    }

    /// <summary>Executes; the number of rows that it changed itself.</summary>
    public int Run()
    {
        try
        {
            var before = raw.sqlite3_total_changes(_database);
            while (Step())
            {
                // What it returns is not asked for.
            }

            return raw.sqlite3_total_changes(_database) == before ? 0 : raw.sqlite3_changes(_database);
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>The next row; false at the end.</summary>
    public bool Step()
    {
        var answer = raw.sqlite3_step(_statement);
        if (answer is raw.SQLITE_ROW or raw.SQLITE_DONE)
        {
            return answer == raw.SQLITE_ROW;
        }

        SqliteException.ThrowExceptionForRC(answer, _database);
        return false;
    }

    /// <summary>Ends its execution and lets the values go.</summary>
    public void Reset()
    {
        // Repeats the step's own error.
        _ = raw.sqlite3_reset(_statement);
        _ = raw.sqlite3_clear_bindings(_statement);
    }

    /// <summary>The names of its columns.</summary>
    public void PackColumns(Packer packer)
    {
        var count = raw.sqlite3_column_count(_statement);
        packer.Count(count);
        for (var i = 0; i < count; i++)
        {
            packer.Text(raw.sqlite3_column_name(_statement, i).utf8_to_string() ?? "");
        }
    }

    /// <summary>The row that the last step found.</summary>
    public void PackRow(Packer packer)
    {
        var count = raw.sqlite3_column_count(_statement);
        for (var i = 0; i < count; i++)
        {
            _ = raw.sqlite3_column_type(_statement, i) switch
            {
                raw.SQLITE_INTEGER => packer.Byte((byte)ValueKind.Number).Number(raw.sqlite3_column_int64(_statement, i)),
                raw.SQLITE_FLOAT => packer.Byte((byte)ValueKind.Real).Real(raw.sqlite3_column_double(_statement, i)),
                raw.SQLITE_TEXT => packer.Byte((byte)ValueKind.Text).Bytes(raw.sqlite3_column_blob(_statement, i)),
                raw.SQLITE_BLOB => packer.Byte((byte)ValueKind.Bytes).Bytes(raw.sqlite3_column_blob(_statement, i)),
                _ => packer.Byte((byte)ValueKind.Null),
            };
        }
    }

    public void Dispose() => _statement.Dispose();

    private void Bind(int index, ref Unpacker reader)
    {
        var answer = reader.Kind() switch
        {
            ValueKind.Number => raw.sqlite3_bind_int64(_statement, index, reader.Number()),
            ValueKind.Real => raw.sqlite3_bind_double(_statement, index, reader.Real()),
            ValueKind.Text => BindText(index, reader.Bytes()),
            ValueKind.Bytes => BindBytes(index, reader.Bytes()),
            _ => raw.sqlite3_bind_null(_statement, index),
        };
        SqliteException.ThrowExceptionForRC(answer, _database);
    }

    // An empty span has no address, which SQLite would take for NULL.
    private int BindText(int index, ReadOnlySpan<byte> text) => text.IsEmpty ? raw.sqlite3_bind_text(_statement, index, "") : raw.sqlite3_bind_text(_statement, index, text);

    private int BindBytes(int index, ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? raw.sqlite3_bind_zeroblob(_statement, index, 0) : raw.sqlite3_bind_blob(_statement, index, bytes);
}
