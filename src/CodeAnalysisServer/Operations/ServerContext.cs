using System.Data.Common;
using System.Net.Sockets;
using CodeAnalysisServer.Analysis;
using CodeAnalysisServer.SqliteQueue;
using CodeAnalysisServer.Storage;
using WorkerManagement;
using WorkerManagement.Posix;

namespace CodeAnalysisServer.Operations;

/// <summary>What operations work on: the data directory, and the manager where this process is the server. Thread-safe.</summary>
internal sealed class ServerContext(IndexDatabase database, WorkerManager? manager) : IDisposable
{
    private readonly SemanticModels _models = new(letGo: ProcessControl.GiveMemoryBack);

    /// <summary>The ranked searches.</summary>
    public SearchService Search { get; } = new(database);

    /// <summary>The directory.</summary>
    public string DataDirectory => database.DataDirectory;

    /// <summary>The index.</summary>
    public IndexDatabase Database => database;

    /// <summary>The manager of the four workers.</summary>
    /// <exception cref="RefusedException">This process only reads the index.</exception>
    public WorkerManager Manager => manager
        ?? throw new RefusedException(Refusal.Unavailable, $"no server runs in '{DataDirectory}'; start one with: code-analysis-server serve --root DIR --data '{DataDirectory}'");

    /// <summary>Whether there is a manager.</summary>
    public bool IsServer => manager is not null;

    /// <summary>Questions about code, through a caller's connection; what was compiled for one is kept for the next.</summary>
    public CodeQueries Queries(DbConnection connection) => new(connection, _models);

    /// <summary>A connection of the caller's own.</summary>
    /// <exception cref="RefusedException">There is no index, or one of another version.</exception>
    public DbConnection Read()
    {
        DbConnection? connection = null;
        try
        {
            connection = database.TryOpenForReading();
            if (connection is not null && Dialect.Of(connection).VersionOf(connection) == Schema.Version)
            {
                return connection;
            }
        }
        catch (DbException exception)
        {
            connection?.Dispose();
            throw new RefusedException(Refusal.Unavailable, $"the index in '{database.Place}' cannot be read now: {database.Told(exception)}");
        }

        var found = connection is not null;
        connection?.Dispose();
        throw new RefusedException(Refusal.Unavailable, found
            ? $"the index in '{DataDirectory}' is of another version, or just being made; the server brings it up to date when it starts: code-analysis-server serve --data '{DataDirectory}'"
            : $"there is no index in '{DataDirectory}' yet; it is made by: code-analysis-server index --root DIR --data '{DataDirectory}'");
    }

    /// <summary>One transaction, through the queue.</summary>
    /// <exception cref="RefusedException">The queue is not there, or refuses.</exception>
    public async Task<QueueResult> WriteAsync(IReadOnlyList<Statement> statements, CancellationToken cancellationToken)
    {
        try
        {
            var queue = await SqliteDriverProxy.ConnectAsync(DataDirectory, cancellationToken).ConfigureAwait(false);
            await using (queue.ConfigureAwait(false))
            {
                return await queue.ExecuteAsync(statements, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (QueueRefusedException exception)
        {
            throw new RefusedException(Refusal.Unavailable, $"the index cannot be written now: {exception.Message}");
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            throw QueueIsDown(exception);
        }
    }

    /// <summary>Waits, from commit to commit, until something holds or the time is over; whether it holds.</summary>
    /// <exception cref="RefusedException">The queue is not there.</exception>
    public async Task<bool> WaitAsync(Func<DbConnection, bool> holds, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(limit);
        try
        {
            var queue = await SqliteDriverProxy.ConnectAsync(DataDirectory, bound.Token).ConfigureAwait(false);
            await using (queue.ConfigureAwait(false))
            {
                await queue.SubscribeAsync(bound.Token).ConfigureAwait(false);
                using var connection = Read();
                while (!holds(connection))
                {
                    await queue.CommittedAsync(bound.Token).ConfigureAwait(false);
                }

                return true;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            throw QueueIsDown(exception);
        }
    }

    public void Dispose()
    {
        Search.Dispose();
        _models.Dispose();
    }

    /// <summary>Nothing can be written, and what to do.</summary>
    public static RefusedException QueueIsDown(Exception exception) => new(Refusal.Unavailable, $"sqlite_queue does not run ({exception.Message}); start it (start_worker sqlite_queue), then try again");
}
