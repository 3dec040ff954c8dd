using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.Storage;

namespace CodeAnalysisServer.SqliteQueue.Sessions;

/// <summary>A database with the one session that writes it, and its upkeep.</summary>
internal abstract class Engine(IndexDatabase database) : IAsyncDisposable
{
    /// <summary>Where it is.</summary>
    public IndexDatabase Database => database;

    /// <summary>Whether the writing failed: then it is not written any more.</summary>
    public bool Failed { get; set; }

    /// <summary>The one that writes.</summary>
    public abstract Session Writer { get; }

    /// <summary>Long work that needs the writer: the job's type, its SQL, and what is said when it is done.</summary>
    public abstract IReadOnlyList<(string Type, string Sql, string Done)> Chores { get; }

    /// <summary>A session that only reads.</summary>
    /// <exception cref="InvalidOperationException">There is no index.</exception>
    public abstract Session OpenReader();

    /// <summary>After each group, by the writer.</summary>
    public virtual void Written()
    {
    }

    /// <summary>The job that makes a copy.</summary>
    public abstract Task BackupAsync(JobContext job);

    /// <summary>Ends its upkeep; the last thing that is done to the database.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>A connection that only reads.</summary>
    /// <exception cref="InvalidOperationException">There is no index.</exception>
    public System.Data.Common.DbConnection Open() => database.TryOpenForReading() ?? throw new InvalidOperationException("there is no index yet");
}
