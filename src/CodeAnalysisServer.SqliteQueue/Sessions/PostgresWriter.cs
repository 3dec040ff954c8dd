using System.Data;
using System.Data.Common;
using CodeAnalysisServer.Storage.Postgres;
using Npgsql;

namespace CodeAnalysisServer.SqliteQueue.Sessions;

/// <summary>
/// The session that writes to PostgreSQL. When the server goes away, requests are refused until it is there again, each try a little later than the
/// one before. When it goes away in the middle of a commit, nobody is answered before it has told, by the transaction's number, what became of it.
/// </summary>
internal sealed class PostgresWriter(PostgresDatabase database, Action<string> told, Action<string> status) : PostgresSession(null, database)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200), Longest = TimeSpan.FromSeconds(30), OwnerMayGo = TimeSpan.FromSeconds(5), Fresh = TimeSpan.FromSeconds(1);

    private readonly ManualResetEventSlim _over = new();

    private NpgsqlConnection? _connection;
    private TimeSpan _pause = First;
    private long _failedAt, _usedAt;
    private string? _why;

    public override bool InTransaction => Begun && IsOpen;

    protected override NpgsqlConnection Connection => IsOpen ? _connection! : throw new DatabaseAwayException(_why ?? $"{Database.Place} has gone away", null);

    private bool IsOpen => _connection is { State: ConnectionState.Open };

    /// <summary>Connects if it is not connected.</summary>
    /// <exception cref="DatabaseAwayException">The server cannot be reached now.</exception>
    /// <exception cref="InvalidOperationException">Another server owns the index by now, or it is of no use here.</exception>
    public void Open()
    {
        if (IsOpen && IsAlive())
        {
            return;
        }

        if (_why is not null && TimeProvider.System.GetElapsedTime(_failedAt) < _pause)
        {
            throw new DatabaseAwayException(_why, null);
        }

        _connection?.Dispose();
        Forget();
        try
        {
            _connection = Database.OpenForWriting(told, OwnerMayGo);
            if (_why is not null)
            {
                status("taking requests; the database is there again");
            }

            (_why, _pause, _usedAt) = (null, First, TimeProvider.System.GetTimestamp());
        }
        catch (DbException exception)
        {
            _pause = _why is null ? First : _pause * 2 < Longest ? _pause * 2 : Longest;
            (_why, _failedAt, _connection) = (PostgresErrors.Told(exception, Database), TimeProvider.System.GetTimestamp(), null);
            told(_why);
            status($"nothing can be written: {_why}; next try in {_pause.TotalSeconds:0.#} s");
            throw new DatabaseAwayException(_why, exception);
        }
    }

    public override void Begin()
    {
        Open();
        base.Begin();
    }

    public override void Do(string sql)
    {
        Open();
        base.Do(sql);
    }

    public override void Commit()
    {
        var number = HasSent ? Scalar("SELECT CAST(pg_current_xact_id_if_assigned() AS text)", null) : null;
        try
        {
            base.Commit();
        }
        catch (DbException exception) when (number is not null && !IsOpen)
        {
            if (!WasCommitted(number, exception))
            {
                throw;
            }
        }
    }

    public override string Told(Exception exception) => exception is NpgsqlException and not PostgresException ? PostgresErrors.Told(exception, Database) : base.Told(exception);

    protected override void Dispose(bool disposing)
    {
        _over.Set();
        _connection?.Dispose();
        base.Dispose(disposing);
    }

    // One that nobody used for a while may have ended without a word: better known before a request is begun than in it.
    private bool IsAlive()
    {
        try
        {
            if (TimeProvider.System.GetElapsedTime(_usedAt) > Fresh)
            {
                Scalar("SELECT ''", null);
            }

            _usedAt = TimeProvider.System.GetTimestamp();
            return true;
        }
        catch (DbException)
        {
            return false;
        }
    }

    private bool WasCommitted(string number, Exception lost)
    {
        status($"{PostgresErrors.Told(lost, Database)}; waits to hear whether the last commit was done");
        while (true)
        {
            try
            {
                Open();
                switch (Scalar("SELECT pg_xact_status(CAST($1 AS xid8))", number))
                {
                    case "committed":
                        return true;
                    case not "in progress":
                        return false;
                }
            }
            catch (DbException)
            {
                // Told; asked again.
            }

            if (_over.Wait(First))
            {
                throw new DatabaseAwayException("the queue ends before it is known whether the last commit was done", lost);
            }
        }
    }

    private string? Scalar(string sql, string? argument)
    {
        using var command = new NpgsqlCommand(sql, Connection);
        if (argument is not null)
        {
            command.Parameters.Add(new() { Value = argument });
        }

        return command.ExecuteScalar() as string;
    }
}
