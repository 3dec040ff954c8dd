using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>What goes wrong, and what clients may not do.</summary>
internal sealed partial class QueueWriter
{
    private bool InTransaction => raw.sqlite3_get_autocommit(_database.Handle) == 0;

    private void Undo(bool amongOthers)
    {
        if (!amongOthers)
        {
            RollBack();
            return;
        }

        _own["ROLLBACK TO request"].Run();
        _own["RELEASE request"].Run();
    }

    private void RollBack()
    {
        if (InTransaction)
        {
            _own["ROLLBACK"].Run();
        }
    }

    private void Fail(PendingRequest request, SqliteException exception)
    {
        if (request.IsWithdrawn)
        {
            request.AnswerWithdrawn();
            return;
        }

        request.Refuse($"{exception.Message}; nothing was done");
        _told($"a transaction was refused: {exception.Message}");
    }

    // The file itself cannot be trusted or reached. Everything else (full, busy, out of memory, a wrong statement) leaves it whole, and
    // a later try may succeed; a damaged full-text index is for the repair worker.
    private static bool IsFatal(Exception exception) =>
        exception is SqliteException { SqliteErrorCode: raw.SQLITE_IOERR or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN, SqliteExtendedErrorCode: not raw.SQLITE_CORRUPT_VTAB };

    // Clients send what belongs into a transaction; the transaction itself and the connection's settings are the queue's.
    private int Authorize(object userData, int action, string first, string second, string database, string trigger) =>
        _forClient && (action is raw.SQLITE_TRANSACTION or raw.SQLITE_SAVEPOINT or raw.SQLITE_ATTACH or raw.SQLITE_DETACH
            || (action == raw.SQLITE_PRAGMA && !string.Equals(first, "data_version", StringComparison.OrdinalIgnoreCase)))
            ? raw.SQLITE_DENY : raw.SQLITE_OK;
}
