using CodeAnalysisServer.SqliteQueue.Wire;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CodeAnalysisServer.SqliteQueue.Sessions;

/// <summary>A connection to SQLite, with its statements prepared once.</summary>
internal sealed class SqliteSession : Session
{
    private readonly SqliteConnection _database;
    private readonly PreparedStatements _statements;
    private readonly PreparedStatements _own;
    private readonly bool _owns;
    private bool _forClient;

    /// <summary>Takes the connection, and closes it only when it <paramref name="owns"/> it.</summary>
    public SqliteSession(SqliteConnection database, bool owns)
    {
        (_database, _owns) = (database, owns);
        _statements = new(database);
        _own = new(database);
        raw.sqlite3_set_authorizer(database.Handle, (strdelegate_authorizer)Authorize, null);
    }

    public override bool InTransaction => raw.sqlite3_get_autocommit(_database.Handle) == 0;

    public override void Begin() => _own["BEGIN IMMEDIATE"].Run();

    public override void Commit() => _own["COMMIT"].Run();

    public override void RollBack()
    {
        if (InTransaction)
        {
            _own["ROLLBACK"].Run();
        }
    }

    public override void Mark() => _own["SAVEPOINT request"].Run();

    public override void Keep() => _own["RELEASE request"].Run();

    public override void Undo()
    {
        _own["ROLLBACK TO request"].Run();
        _own["RELEASE request"].Run();
    }

    public override void Run(PendingRequest request, string[] texts, int count, ref Unpacker values, Packer answer)
    {
        _forClient = true;
        try
        {
            for (; count > 0 && !request.IsWithdrawn; count--)
            {
                var statement = _statements[texts[values.Index(texts.Length)]];
                statement.Bind(ref values);
                answer.Count(statement.Run()).Number(raw.sqlite3_last_insert_rowid(_database.Handle));
            }
        }
        finally
        {
            _forClient = false;
        }
    }

    public override RowSource Read(string sql, ref Unpacker values)
    {
        _forClient = true;
        try
        {
            var statement = _statements[sql];
            if (!statement.Reads)
            {
                throw Writes();
            }

            statement.Bind(ref values);
            return new Source(statement);
        }
        finally
        {
            _forClient = false;
        }
    }

    public override void Do(string sql) => _database.Run(sql);

    public override void Shrink() => _database.Run("PRAGMA shrink_memory");

    public override void Interrupt() => raw.sqlite3_interrupt(_database.Handle);

    // A damaged full-text index is for the repair worker.
    public override bool IsFatal(Exception exception) =>
        exception is SqliteException { SqliteErrorCode: raw.SQLITE_IOERR or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN, SqliteExtendedErrorCode: not raw.SQLITE_CORRUPT_VTAB };

    public override bool IsInterrupt(Exception exception) => exception is SqliteException { SqliteErrorCode: raw.SQLITE_INTERRUPT };

    public override void Dispose()
    {
        _statements.Dispose();
        _own.Dispose();
        if (_owns)
        {
            _database.Dispose();
        }
    }

    private int Authorize(object userData, int action, string first, string second, string database, string trigger) =>
        _forClient && (action is raw.SQLITE_TRANSACTION or raw.SQLITE_SAVEPOINT or raw.SQLITE_ATTACH or raw.SQLITE_DETACH
            || (action == raw.SQLITE_PRAGMA && !_owns && !string.Equals(first, "data_version", StringComparison.OrdinalIgnoreCase)))
            ? raw.SQLITE_DENY : raw.SQLITE_OK;

    private sealed class Source(PreparedStatement statement) : RowSource
    {
        public override void PackColumns(Packer packer) => statement.PackColumns(packer);

        public override bool Step() => statement.Step();

        public override void PackRow(Packer packer) => statement.PackRow(packer);

        public override void Dispose() => statement.Reset();
    }
}
