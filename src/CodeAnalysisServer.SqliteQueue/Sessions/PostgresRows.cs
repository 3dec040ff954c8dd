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
        try
        {
            _atEnd = !_reader.Read();
            return !_atEnd;
        }
        catch (OperationCanceledException exception)
        {
            _atEnd = true;
            throw new InterruptedException(exception);
        }
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
        catch (Exception exception) when (exception is OperationCanceledException or PostgresException { SqlState: PostgresErrorCodes.QueryCanceled })
        {
            // As asked.
        }

        _over();
        _command.Dispose();
    }
}
