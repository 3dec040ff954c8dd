using System.Data.Common;
using Npgsql;

namespace CodeAnalysisServer.Storage.Postgres;

/// <summary>
/// A schema of a PostgreSQL database, 13 or newer. The connection string is a secret: nothing that is told, logged or thrown here has it. What is
/// not in the index (the queue's socket, jobs, the matrix of vectors) is in the data directory, so one machine serves one database.
/// </summary>
public sealed class PostgresDatabase : IndexDatabase
{
    /// <summary>The schema, unless the connection string names one (Search Path).</summary>
    public const string SchemaName = "code_analysis";

    // Repair compares whole columns; with less they do not fit and are compared row by row.
    private const string ForReading = "-c work_mem=64MB -c default_transaction_read_only=on", ForWriting = "-c work_mem=64MB -c synchronous_commit=on";

    private readonly NpgsqlConnectionStringBuilder _reading, _writing;

    /// <summary>By Npgsql's connection string, <c>Host=…;Database=…;Username=…;Password=…</c>. Connects to nothing yet.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public PostgresDatabase(string dataDirectory, string connectionString)
        : base(dataDirectory)
    {
        (_reading, _writing) = (Parse(connectionString), Parse(connectionString));
        _reading.Options = $"{_reading.Options} {ForReading}".Trim();
        (_reading.MaxAutoPrepare, _reading.CommandTimeout) = (64, 300);
        _writing.Options = $"{_writing.Options} {ForWriting}".Trim();
        // What waits for it may be withdrawn; a rebuild takes as long as it takes. One connection, which holds the lock as long as it lives.
        (_writing.Pooling, _writing.MaxAutoPrepare, _writing.CommandTimeout, _writing.KeepAlive, _writing.TcpKeepAlive) = (false, 128, 0, 0, true);
        _writing.AutoPrepareMinUsages = _reading.AutoPrepareMinUsages = 2;
    }

    /// <summary>The tables.</summary>
    public static IReadOnlyList<string> Tables => PostgresTables.Tables;

    /// <inheritdoc/>
    public override string Place => $"PostgreSQL at {_reading.Host}:{_reading.Port}, database '{_reading.Database ?? _reading.Username}', schema '{Namespace}'";

    /// <summary>The user, the database and the schema, for advice.</summary>
    internal (string? User, string? Database, string Schema) Names => (_reading.Username, _reading.Database ?? _reading.Username, Namespace);

    /// <summary>The schema that the tables are in.</summary>
    public string Namespace => _reading.SearchPath!.Split(',')[0].Trim(' ', '"');

    /// <inheritdoc/>
    public override DbConnection? TryOpenForReading()
    {
        var connection = new NpgsqlConnection(_reading.ConnectionString);
        try
        {
            connection.Open();
            if (connection.Scalar("SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_version'") is not null)
            {
                return connection;
            }
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        connection.Dispose();
        return null;
    }

    /// <summary>Opens it as its only writer, as long as the connection lives, and brings it to this version.</summary>
    /// <param name="told">What was done to an older index.</param>
    /// <param name="patience">How long an owner before may take to go: the server notices a killed one within moments.</param>
    /// <exception cref="InvalidOperationException">Another server owns it, or it is of no use here: newer, of another encoding, without the rights.</exception>
    /// <exception cref="DbException">It cannot be reached now.</exception>
    public NpgsqlConnection OpenForWriting(Action<string> told, TimeSpan patience)
    {
        var connection = new NpgsqlConnection(_writing.ConnectionString);
        try
        {
            connection.Open();
            PostgresSchema.Prepare(connection, this, told, patience);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Asks the server to end what the connection of that server process executes now. Whether it did shows there: an error here is nobody's.</summary>
    public void Cancel(int processId)
    {
        using var connection = new NpgsqlConnection(_reading.ConnectionString);
        try
        {
            connection.Open();
            connection.Scalar("SELECT pg_cancel_backend(CAST($1 AS int))", (long)processId);
        }
        catch (NpgsqlException exception) when (exception is not PostgresException { SqlState: not (PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CannotConnectNow) })
        {
            // The server has gone, or has no connection to spare: whoever waits asks again.
        }
    }

    /// <inheritdoc/>
    public override bool IsAway(Exception exception) => exception is NpgsqlException;

    /// <inheritdoc/>
    public override string Told(Exception exception) => PostgresErrors.Told(exception, this);

    /// <inheritdoc/>
    public override IndexState Describe(DbConnection reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        // The matrix answers exactly; an index of pgvector is approximate, and its exact search reads every row.
        var vector = reading.Scalar("SELECT installed_version FROM pg_available_extensions WHERE name = 'vector'") as string;
        return new(
            $"PostgreSQL {reading.ServerVersion}",
            (long)reading.Scalar("SELECT CAST(coalesce(sum(pg_total_relation_size(c.oid)), 0) AS bigint) FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = CAST(current_schema() AS regnamespace)")!,
            0,
            vector is null ? "exact, in the derived matrix; pgvector is not installed" : $"exact, in the derived matrix; pgvector {vector} is installed, and not needed");
    }

    /// <summary>Whether a server that begins now could use it; connects to it.</summary>
    /// <param name="patience">How long an owner before may take to go.</param>
    /// <exception cref="InvalidOperationException">It could not, and why.</exception>
    public void Check(TimeSpan patience)
    {
        try
        {
            using var connection = new NpgsqlConnection(_writing.ConnectionString);
            connection.Open();
            PostgresSchema.CheckFree(connection, this, patience);
        }
        catch (NpgsqlException exception)
        {
            throw new InvalidOperationException(Told(exception), exception);
        }
    }

    private static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(connectionString);
            builder.SearchPath = string.IsNullOrWhiteSpace(builder.SearchPath) ? SchemaName : builder.SearchPath;
            builder.ApplicationName ??= $"code-analysis-server, process {Environment.ProcessId} on {Environment.MachineName}";
            return builder.Host is null ? throw new FormatException("the connection string names no Host; write Host=…;Database=…;Username=…;Password=…") : builder;
        }
        catch (ArgumentException)
        {
            // What it says may quote a part of the password.
            throw new FormatException("the connection string is none of PostgreSQL's; write Host=…;Database=…;Username=…;Password=…, with quotes around a value that has a semicolon");
        }
    }
}
