using CodeAnalysisServer.SqliteQueue.Wire;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Postgres;
using Npgsql;

namespace CodeAnalysisServer.SqliteQueue.Sessions;

/// <summary>
/// A connection to PostgreSQL. What only marks (BEGIN, SAVEPOINT, RELEASE) waits for the next statements and travels with them: a request is one round
/// trip. Parts of a session that writes: <see cref="PostgresWriter"/>.
/// </summary>
internal partial class PostgresSession : Session
{
    // So many statements travel together; between two such the withdrawal of the request is heeded.
    private const int Together = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (PostgresStatement Statement, bool HasId)> _statements = [];
    private readonly List<string> _before = [];
    private readonly NpgsqlConnection? _given;
    private Action? _interrupt;
    private int _backend;
    private bool _asked;
    private bool _marked;
    private long _lastRowId;

    public PostgresSession(NpgsqlConnection? connection, PostgresDatabase database) => (_given, Database) = (connection, database);

    public override bool InTransaction => Begun;

    /// <summary>Whether BEGIN was said; it may not have been sent.</summary>
    protected bool Begun { get; set; }

    /// <summary>Whether anything of the transaction was sent.</summary>
    protected bool HasSent => Begun && !_before.Contains("BEGIN");

    /// <summary>Whose session it is.</summary>
    protected PostgresDatabase Database { get; }

    /// <summary>The connection, open.</summary>
    protected virtual NpgsqlConnection Connection => _given!;

    public override void Begin()
    {
        _ = Connection;
        _before.Clear();
        _before.Add("BEGIN");
        Begun = true;
    }

    public override void Commit()
    {
        var sent = HasSent;
        _before.Clear();
        (Begun, _marked) = (false, false);
        if (sent)
        {
            Say("COMMIT");
        }
    }

    public override void RollBack()
    {
        var open = InTransaction && HasSent;
        _before.Clear();
        (Begun, _marked) = (false, false);
        if (open)
        {
            Say("ROLLBACK");
        }
    }

    public override void Mark()
    {
        _before.Add("SAVEPOINT request");
        _marked = true;
    }

    public override void Keep()
    {
        if (_marked && !_before.Remove("SAVEPOINT request"))
        {
            _before.Add("RELEASE request");
        }

        _marked = false;
    }

    public override void Undo()
    {
        if (_marked && !_before.Remove("SAVEPOINT request"))
        {
            Say("ROLLBACK TO request");
            Say("RELEASE request");
        }

        _marked = false;
    }

    public override void Run(PendingRequest request, string[] texts, int count, ref Unpacker values, Packer answer)
    {
        var batch = new List<(NpgsqlBatchCommand Command, bool HasId)>();
        for (; count > 0 && !request.IsWithdrawn; count--)
        {
            var (statement, hasId) = Prepared(texts[values.Index(texts.Length)]);
            var command = new NpgsqlBatchCommand(hasId ? statement.Sql + " RETURNING id, xmax = 0" : statement.Sql);
            PostgresValues.Bind(statement, ref values, command.Parameters);
            if (!statement.IsPlain)
            {
                Flush(batch, answer);
            }

            batch.Add((command, hasId));
            if (!statement.IsPlain || batch.Count == Together)
            {
                Flush(batch, answer);
            }
        }

        Flush(batch, answer);
    }

    public override RowSource Read(string sql, ref Unpacker values)
    {
        var (statement, _) = Prepared(sql);
        if (!statement.Reads)
        {
            throw Writes();
        }

        Say(null);
        var command = new NpgsqlCommand(statement.Sql, Connection);
        try
        {
            PostgresValues.Bind(statement, ref values, command.Parameters);
            Running(command.Cancel);
            return new PostgresRows(command, () => Running(null));
        }
        catch (Exception exception)
        {
            Running(null);
            command.Dispose();
            if (exception is OperationCanceledException)
            {
                throw new InterruptedException(exception);
            }

            throw;
        }
    }

    public override void Do(string sql) => Say(sql);

    public override void Interrupt()
    {
        lock (_gate)
        {
            if (_interrupt is null)
            {
                return;
            }

            _interrupt();
            // Npgsql asks once for a statement. What was asked a moment before the server had the statement, the server has forgotten.
            if (_asked)
            {
                Database.Cancel(_backend);
            }

            _asked = true;
        }
    }

    public override bool IsFatal(Exception exception) => false;

    public override bool IsInterrupt(Exception exception) => exception is InterruptedException or OperationCanceledException or PostgresException { SqlState: PostgresErrorCodes.QueryCanceled };

    public override string Told(Exception exception) => exception is PostgresException said ? $"{said.MessageText} ({said.SqlState})" : exception.Message;

    public override void Dispose() => Dispose(disposing: true);

    /// <summary>Closes it.</summary>
    protected virtual void Dispose(bool disposing) => _given?.Dispose();

    /// <summary>Forgets what was of a connection that is gone.</summary>
    protected void Forget()
    {
        _before.Clear();
        (Begun, _marked, _lastRowId) = (false, false, 0);
    }
}
