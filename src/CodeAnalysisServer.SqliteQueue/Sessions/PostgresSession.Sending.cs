using CodeAnalysisServer.SqliteQueue.Wire;
using Npgsql;

namespace CodeAnalysisServer.SqliteQueue.Sessions;

/// <summary>What goes to the server, and how it is interrupted.</summary>
internal partial class PostgresSession
{
    // What waits travels first; null sends only that.
    private void Say(string? sql)
    {
        string[] said = sql is null ? [.. _before] : [.. _before, sql];
        _before.Clear();
        foreach (var one in said)
        {
            using var command = new NpgsqlCommand(one, Connection);
            Running(command.Cancel);
            try
            {
                command.ExecuteNonQuery();
            }
            catch (OperationCanceledException exception)
            {
                throw new InterruptedException(exception);
            }
            finally
            {
                Running(null);
            }
        }
    }

    // An insert that conflicts and updates has inserted nothing: its row has an xmax.
    private void Flush(List<(NpgsqlBatchCommand Command, bool HasId)> statements, Packer answer)
    {
        if (statements.Count == 0)
        {
            return;
        }

        using var batch = new NpgsqlBatch(Connection);
        _before.ForEach(text => batch.BatchCommands.Add(new(text)));
        statements.ForEach(statement => batch.BatchCommands.Add(statement.Command));
        _before.Clear();
        Running(batch.Cancel);
        var ids = new long[statements.Count];
        try
        {
            using var reader = batch.ExecuteReader();
            for (var i = 0; i < statements.Count; i++)
            {
                if (statements[i].HasId)
                {
                    while (reader.Read())
                    {
                        _lastRowId = reader.GetBoolean(1) ? reader.GetInt64(0) : _lastRowId;
                    }

                    reader.NextResult();
                }

                ids[i] = _lastRowId;
            }

            while (reader.NextResult())
            {
                // What another statement returns is not asked for.
            }
        }
        catch (OperationCanceledException exception)
        {
            throw new InterruptedException(exception);
        }
        finally
        {
            Running(null);
        }

        for (var i = 0; i < statements.Count; i++)
        {
            var (command, _) = statements[i];
            answer.Count(command.StatementType is StatementType.Select or StatementType.Other ? 0 : (int)command.Rows).Number(ids[i]);
        }

        statements.Clear();
    }

    private (PostgresStatement Statement, bool HasId) Prepared(string text)
    {
        if (!_statements.TryGetValue(text, out var known))
        {
            var statement = PostgresStatement.Parse(text);
            Say(null);
            known = (statement, statement.Into is { } table && HasId(table) is true);
            // What a client makes may come to have an id later: only what is known of the index itself is kept.
            if (_statements.Count < 1000 && statement.IsPlain)
            {
                _statements[text] = known;
            }
        }

        return known;
    }

    private bool HasId(string table)
    {
        using var command = new NpgsqlCommand("SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = 'id' AND atttypid = 'int8'::regtype", Connection);
        command.Parameters.Add(new() { Value = table.ToLowerInvariant() });
        return command.ExecuteScalar() is 1L;
    }

    private void Running(Action? interrupt)
    {
        lock (_gate)
        {
            (_interrupt, _backend, _asked) = (interrupt, interrupt is null ? 0 : Connection.ProcessID, false);
        }
    }
}
