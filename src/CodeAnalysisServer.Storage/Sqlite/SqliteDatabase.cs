using System.Data.Common;

namespace CodeAnalysisServer.Storage.Sqlite;

/// <summary>A file in the data directory.</summary>
public sealed class SqliteDatabase(string dataDirectory) : IndexDatabase(dataDirectory)
{
    /// <inheritdoc/>
    public override string Place => Schema.PathIn(DataDirectory);

    /// <inheritdoc/>
    public override DbConnection? TryOpenForReading() => Schema.TryOpenForReading(DataDirectory);
}
