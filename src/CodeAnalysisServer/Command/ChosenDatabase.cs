using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Postgres;

namespace CodeAnalysisServer.Command;

/// <summary>
/// Which database the index is kept in: SQLite in the data directory, or what the environment names. A connection string is a secret, so it goes to the
/// workers by the environment alone, never by their arguments.
/// </summary>
internal static class ChosenDatabase
{
    /// <summary>The environment variable with a connection string.</summary>
    public const string Variable = "CODE_ANALYSIS_DATABASE";

    // The server notices the end of a killed owner within moments.
    private static readonly TimeSpan OwnerMayGo = TimeSpan.FromSeconds(5);

    /// <summary>Takes what was given on the command line, for this process and those that it starts.</summary>
    public static void Take(string? connectionString)
    {
        if (connectionString is not null)
        {
            Environment.SetEnvironmentVariable(Variable, connectionString);
        }
    }

    /// <summary>That of a data directory.</summary>
    /// <exception cref="UsageException">The connection string is none.</exception>
    public static IndexDatabase In(string dataDirectory)
    {
        try
        {
            return IndexDatabase.Of(dataDirectory, Environment.GetEnvironmentVariable(Variable));
        }
        catch (FormatException exception)
        {
            throw new UsageException($"--database (or {Variable}): {exception.Message}");
        }
    }

    /// <summary>Refuses a database that a server could not use, before anything is started.</summary>
    /// <exception cref="UsageException">It could not, and what to do.</exception>
    public static void Check(string dataDirectory)
    {
        try
        {
            (In(dataDirectory) as PostgresDatabase)?.Check(OwnerMayGo);
        }
        catch (InvalidOperationException exception)
        {
            throw new UsageException(exception.Message);
        }
    }
}
