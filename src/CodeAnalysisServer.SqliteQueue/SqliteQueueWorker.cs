using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.Storage;
using Microsoft.Data.Sqlite;
using WorkerManagement.Worker;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>How the queue's process works. <see cref="Durable"/>: an acknowledged write survives a power loss too, at the price of a sync for each group.</summary>
public sealed record SqliteQueueOptions(string DataDirectory, bool Durable = false)
{
    /// <summary>Further types of jobs, by name.</summary>
    public IReadOnlyDictionary<string, JobBody> Jobs { get; init; } = new Dictionary<string, JobBody>();
}

/// <summary>The process that owns the database: the only writer.</summary>
public static class SqliteQueueWorker
{
    // Within what the manager gives it, beside the answers to clients.
    private static readonly TimeSpan JobsMayFinish = TimeSpan.FromSeconds(2);

    /// <summary>Runs until the worker is to stop; then finishes what was received.</summary>
    /// <exception cref="InvalidOperationException">Another process owns this data directory, or its index is of a newer version.</exception>
    /// <exception cref="SqliteException">The database cannot be written any more, or is damaged.</exception>
    public static async Task RunAsync(SqliteQueueOptions options)
    {
        using var notifier = new WorkerNotifier();
        KeepStatementJournals();
        using var owned = Own(options.DataDirectory);
        // What happened to the index stays in sight, beyond the line in the log.
        var notable = "";
        using var database = Schema.OpenForWriting(options.DataDirectory, line =>
        {
            notable = $"; {line}";
            Console.Error.WriteLine(line);
        });
        database.Run(options.Durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        var jobs = new AsyncQueueSystem(Path.Combine(options.DataDirectory, "jobs.jsonl"), JobsMayFinish, new() { Told = Console.Error.WriteLine });
        await using (jobs.ConfigureAwait(false))
        {
            foreach (var (type, body) in options.Jobs)
            {
                jobs.Register(type, body);
            }

            await new SqliteQueueServer(options.DataDirectory, database, jobs, Console.Error.WriteLine).RunAsync(
                () =>
                {
                    notifier.Ready();
                    notifier.Status($"taking requests{(options.Durable ? ", each synced to the disk" : "")}{notable}");
                },
                notifier.AliveUntilAsync,
                notifier.Stopping).ConfigureAwait(false);
        }
    }

    // A statement that may fail in its middle has the pages that it changes copied first. SQLite writes more than 64 KiB of them into a temporary
    // file, which was most of what an index wrote. To be said before SQLite is used; where it is in use already, in a test, it stays as it is.
    private static void KeepStatementJournals()
    {
        const int StatementJournalSpill = 26, Kept = 16 * 1024 * 1024;
        SQLitePCL.Batteries_V2.Init();
        _ = SQLitePCL.raw.sqlite3_config(StatementJournalSpill, Kept);
    }

    // A lock of the kernel's: it goes with the process, however that ends.
    private static FileStream Own(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, "queue.lock");
        try
        {
            return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception is not (DirectoryNotFoundException or FileNotFoundException))
        {
            throw new InvalidOperationException($"another process owns the index in '{dataDirectory}' ({exception.Message}); stop it, or choose another directory with --data", exception);
        }
    }
}
