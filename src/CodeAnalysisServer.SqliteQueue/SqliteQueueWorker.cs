using System.Data.Common;
using CodeAnalysisServer.SqliteQueue.Jobs;
using CodeAnalysisServer.SqliteQueue.Sessions;
using CodeAnalysisServer.Storage;
using CodeAnalysisServer.Storage.Postgres;
using WorkerManagement.Worker;

namespace CodeAnalysisServer.SqliteQueue;

/// <summary>How the queue's process works. <see cref="Durable"/>: an acknowledged write survives a power loss too, at the price of a sync for each group.</summary>
public sealed record SqliteQueueOptions(string DataDirectory, bool Durable = false)
{
    /// <summary>Where the index is kept; in the data directory unless set.</summary>
    public IndexDatabase Database { get; init; } = IndexDatabase.Embedded(DataDirectory);

    /// <summary>Further types of jobs, by name.</summary>
    public IReadOnlyDictionary<string, JobBody> Jobs { get; init; } = new Dictionary<string, JobBody>();
}

/// <summary>The process that owns the database: the only writer.</summary>
public static class SqliteQueueWorker
{
    // Within what the manager gives it, beside the answers to clients.
    private static readonly TimeSpan JobsMayFinish = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200), LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Runs until the worker is to stop; then finishes what was received.</summary>
    /// <exception cref="InvalidOperationException">Another process owns this data directory, or its index is of a newer version.</exception>
    /// <exception cref="DbException">The database cannot be written any more, or is damaged.</exception>
    public static async Task RunAsync(SqliteQueueOptions options)
    {
        using var notifier = new WorkerNotifier();
        KeepStatementJournals();
        using var owned = Own(options.DataDirectory);
        // What happened to the index stays in sight, beyond the line in the log.
        var notable = "";
        void Told(string line)
        {
            notable = $"; {line}";
            Console.Error.WriteLine(line);
        }

        if (options.Database is PostgresDatabase postgres)
        {
            try
            {
                var engine = await OpenAsync(postgres, notifier).ConfigureAwait(false);
                await ServeAsync(engine, options, notifier, () => $"taking requests for {postgres.Place}").ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (notifier.Stopping.IsCancellationRequested)
            {
                // Asked to stop while it waited.
            }

            return;
        }

        using var database = Schema.OpenForWriting(options.DataDirectory, Told);
        database.Run(options.Durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        await ServeAsync(new SqliteEngine(options.DataDirectory, database, Console.Error.WriteLine), options, notifier, () => $"taking requests{(options.Durable ? ", each synced to the disk" : "")}{notable}").ConfigureAwait(false);
    }

    // A server that is not there yet is waited for: everybody else waits for this process.
    private static async Task<Engine> OpenAsync(PostgresDatabase database, WorkerNotifier notifier)
    {
        var pause = FirstPause;
        while (true)
        {
            try
            {
                return await Task.Run(() => new PostgresEngine(database, Console.Error.WriteLine, notifier.Status)).ConfigureAwait(false);
            }
            catch (DatabaseAwayException)
            {
                // Told, and in the status.
                await notifier.AliveUntilAsync(Task.Delay(pause, notifier.Stopping)).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private static async Task ServeAsync(Engine engine, SqliteQueueOptions options, WorkerNotifier notifier, Func<string> status)
    {
        var jobs = new AsyncQueueSystem(Path.Combine(options.DataDirectory, "jobs.jsonl"), JobsMayFinish, new() { Told = Console.Error.WriteLine });
        await using (jobs.ConfigureAwait(false))
        {
            foreach (var (type, body) in options.Jobs)
            {
                jobs.Register(type, body);
            }

            await new SqliteQueueServer(engine, jobs, Console.Error.WriteLine).RunAsync(
                () =>
                {
                    notifier.Ready();
                    notifier.Status(status());
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
