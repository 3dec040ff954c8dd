using System.Net.Sockets;
using Npgsql;

namespace CodeAnalysisServer.Storage.Postgres;

/// <summary>What PostgreSQL says against it, with what to do.</summary>
public static class PostgresErrors
{
    /// <summary>In a sentence; never with the password.</summary>
    public static string Told(Exception exception, PostgresDatabase database)
    {
        ArgumentNullException.ThrowIfNull(exception);
        ArgumentNullException.ThrowIfNull(database);
        var (user, name, schema) = database.Names;
        return exception switch
        {
            PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } refused =>
                $"{database.Place} refuses the user '{user}' ({refused.MessageText}); correct Username and Password, or the server's pg_hba.conf",
            PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } => $"{database.Place} does not exist; create it: createdb --encoding=UTF8 --template=template0 '{name}'",
            PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } lacking =>
                $"the user '{user}' may not make the index in {database.Place} ({lacking.MessageText}); as its owner: GRANT CREATE ON DATABASE \"{name}\" TO \"{user}\", or make a schema '{schema}' that the user owns",
            PostgresException other => $"{database.Place} says: {other.MessageText} ({other.SqlState})",
            NpgsqlException { InnerException: SocketException or TimeoutException or IOException } lost =>
                $"{database.Place} cannot be reached ({(lost.InnerException is SocketException socket ? socket.Message : lost.Message)}); start it, or correct Host and Port",
            NpgsqlException => $"{database.Place} cannot be used: {exception.Message}",
            _ => exception.Message,
        };
    }
}
