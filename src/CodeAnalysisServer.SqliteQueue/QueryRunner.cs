using System.Collections.Concurrent;
using CodeAnalysisServer.SqliteQueue.Wire;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>
/// Reads for clients that have no connection of their own: each query has a read-only connection for itself and streams its rows as its
/// client takes them. The writer never waits for it.
/// </summary>
internal sealed class QueryRunner(string dataDirectory) : IDisposable
{
    private const int AtOnce = 4;

    // A read that stays open keeps the log from being cut.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _room = new(AtOnce);
    private readonly ConcurrentBag<SqliteConnection> _idle = [];

    /// <summary>Begins it; the answer tells how it went.</summary>
    public void Take(PendingRequest request)
    {
        request.Within(Longest);
        _ = RunAsync(request);
    }

    public void Dispose()
    {
        foreach (var connection in _idle)
        {
            connection.Dispose();
        }

        _room.Dispose();
    }

    // Never faults: whatever happens is the request's answer.
    private async Task RunAsync(PendingRequest request)
    {
        try
        {
            await _room.WaitAsync(request.Withdrawn.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return; // Withdrawn while it waited, and answered.
        }

        try
        {
            var connection = _idle.TryTake(out var idle) ? idle : Open();
            if (request.TryBegin(connection.Handle!))
            {
                await Task.Run(() => ReadAsync(connection, request)).ConfigureAwait(false);
            }

            _idle.Add(connection);
        }
        catch (Exception exception) when (exception is SqliteException or InvalidOperationException or ArgumentException or OperationCanceledException)
        {
            if (request.End())
            {
                request.Refuse(exception.Message);
            }
            else
            {
                request.AnswerWithdrawn();
            }
        }
        finally
        {
            _room.Release();
        }
    }

    private SqliteConnection Open()
    {
        var connection = Schema.TryOpenForReading(dataDirectory) ?? throw new InvalidOperationException("there is no index yet");
        raw.sqlite3_set_authorizer(connection.Handle, (strdelegate_authorizer)Authorize, null);
        return connection;
    }

    private static async Task ReadAsync(SqliteConnection connection, PendingRequest request)
    {
        using var statement = Prepare(connection, request);
        var columns = new Packer(FrameKind.Columns, request.Id);
        statement.PackColumns(columns);
        request.Part(columns.Finish());
        while (true)
        {
            await request.Credit.WaitAsync(request.Withdrawn.Token).ConfigureAwait(false);
            var rows = Rows.Fill(statement, request, out var more);
            if (rows is { } frame)
            {
                request.Part(frame);
            }

            if (!more)
            {
                break;
            }
        }

        if (request.End())
        {
            request.Answer(new Packer(FrameKind.Done, request.Id).Count(0).Finish());
        }
        else
        {
            request.AnswerWithdrawn();
        }
    }

    private static PreparedStatement Prepare(SqliteConnection connection, PendingRequest request)
    {
        var reader = new Unpacker(request.Body.Span);
        reader.Time();
        var statement = new PreparedStatement(connection, reader.Text());
        try
        {
            if (!statement.Reads)
            {
                throw new InvalidOperationException("a query only reads; send what writes as a transaction");
            }

            statement.Bind(ref reader);
            return statement;
        }
        catch
        {
            statement.Dispose();
            throw;
        }
    }

    private static int Authorize(object userData, int action, string first, string second, string database, string trigger) =>
        action is raw.SQLITE_TRANSACTION or raw.SQLITE_SAVEPOINT or raw.SQLITE_ATTACH or raw.SQLITE_DETACH ? raw.SQLITE_DENY : raw.SQLITE_OK;
}
