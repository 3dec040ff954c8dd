using System.Data.Common;

namespace CodeAnalysisServer.SqliteQueue.Sessions;

/// <summary>The database's server cannot be reached, or refuses, now.</summary>
internal sealed class DatabaseAwayException(string message, Exception? inner) : DbException(message, inner);
