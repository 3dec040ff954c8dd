using System.Data.Common;

namespace CodeAnalysisServer.SqliteQueue.Sessions;

/// <summary>The database's server cannot be reached, or refuses, now.</summary>
internal sealed class DatabaseAwayException(string message, Exception? inner) : DbException(message, inner);

/// <summary>The statement was interrupted, as it was asked to be.</summary>
internal sealed class InterruptedException(Exception inner) : DbException("the statement was interrupted", inner);
