using System.Data.Common;

namespace CodeAnalysisServer.Storage.Sqlite;

/// <summary>A file in the data directory.</summary>
public sealed class SqliteDatabase(string dataDirectory) : IndexDatabase(dataDirectory)
{
    /// <inheritdoc/>
    public override string Place => Schema.PathIn(DataDirectory);

    /// <inheritdoc/>
    public override DbConnection? TryOpenForReading() => Schema.TryOpenForReading(DataDirectory);

    /// <inheritdoc/>
    public override IndexState Describe(DbConnection reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        var log = new FileInfo(Place + "-wal");
        return new($"SQLite {reading.ServerVersion}", new FileInfo(Place).Length, log.Exists ? log.Length : 0, "exact, in the derived matrix");
    }
}
