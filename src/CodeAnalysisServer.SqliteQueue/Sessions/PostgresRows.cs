using CodeAnalysisServer.SqliteQueue.Wire;
using Npgsql;

namespace CodeAnalysisServer.SqliteQueue.Sessions;

/// <summary>Rows as they come from PostgreSQL.</summary>
internal sealed class PostgresRows : RowSource
{
    private readonly NpgsqlCommand _command;
    private readonly NpgsqlDataReader _reader;
    private readonly Action _over;
    private bool _atEnd;

    /// <summary>Executes the command, and takes it over.</summary>
    public PostgresRows(NpgsqlCommand command, Action over) => (_command, _over, _reader) = (command, over, command.ExecuteReader());

    public override void PackColumns(Packer packer)
    {
        packer.Count(_reader.FieldCount);
        for (var i = 0; i < _reader.FieldCount; i++)
        {
            packer.Text(_reader.GetName(i));
        }
    }

    public override bool Step()
    {
        var more = _reader.Read();
        _atEnd = !more;
        return more;
    }

    public override void PackRow(Packer packer)
    {
        for (var i = 0; i < _reader.FieldCount; i++)
        {
            packer.Value(PostgresValues.Plain(_reader.GetValue(i)));
        }
    }

    public override void Dispose()
    {
        if (!_atEnd)
        {
            // Else all rows that nobody wants would come first.
            _command.Cancel();
        }

        try
        {
            _reader.Dispose();
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            // As asked.
        }

        _over();
        _command.Dispose();
    }
}
